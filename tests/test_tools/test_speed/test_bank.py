"""The measurement of banks: its rows and their sizes."""

from measurements import bank

from .arguments import parsed


def test_rows():
    sizes = '--images 4 --dim 8 --lengths 16 64 --repeats 1'.split()
    args = parsed(bank, *sizes, '--dtypes', 'float16', 'float32')
    table = bank.measure(args)
    assert table['bank'].tolist() == [
        'in the batch',
        'float16',
        'float16',
        'float32',
        'float32',
    ]
    assert table['negatives'].tolist() == [3, 16, 64, 16, 64]
    assert table['bank MB'].tolist() == [128e-6, 256e-6, 1024e-6, 512e-6, 2048e-6]
    assert (table['seconds'] > 0).all() and (table['added MB'] >= 0).all()
