"""A work folder belongs to one run."""

import pytest
import torch
from mmengine.config import Config

from setsim_mm.transfer.claim import CLAIM, claim_of, claim_work_dir, digest_of
from setsim_mm.utils import UserError

WEIGHTS = {'conv1.weight': torch.arange(4.0)}
CONFIG = dict(lr=0.02, randomness=dict(seed=0), work_dir='here')


def claim(weights=WEIGHTS, processes=1, **changes):
    return claim_of(Config(dict(CONFIG, **changes)), weights, processes)


def with_checkpoint(work_dir):
    (work_dir / 'iter_2.pth').touch()
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_2.pth'))
    return work_dir


def test_only_what_decides_the_result_makes_another_run():
    assert claim() == claim(work_dir='there', resume=True)
    others = [
        claim(weights=None),
        claim(weights={'conv1.weight': torch.ones(4)}),
        claim(processes=2),
        claim(lr=0.01),
        claim(randomness=dict(seed=1)),
    ]
    assert all(other != claim() for other in others)


def test_digest_depends_on_names_and_values_and_not_on_order():
    one, two = torch.zeros(1), torch.ones(1)

    assert digest_of(dict(a=one, b=two)) == digest_of(dict(b=two, a=one))
    assert digest_of(dict(a=one, b=two)) != digest_of(dict(a=two, b=one))
    assert digest_of(dict(a=one)) != digest_of(dict(b=one))


def test_run_goes_on_in_its_folder(tmp_path):
    claim_work_dir(tmp_path / 'new', claim(), resume=True)
    folder = with_checkpoint(tmp_path / 'new')

    claim_work_dir(folder, claim(), resume=True)

    with pytest.raises(UserError, match='holds this run already: add --resume'):
        claim_work_dir(folder, claim(), resume=False)


@pytest.mark.parametrize('resume', [False, True])
def test_folder_of_another_run_is_refused_and_left_alone(resume, tmp_path):
    claim_work_dir(tmp_path, claim(), resume=False)
    with_checkpoint(tmp_path)
    before = (tmp_path / CLAIM).read_text()

    with pytest.raises(UserError, match=r'holds another run .* is 0.02 there'):
        claim_work_dir(tmp_path, claim(lr=0.01), resume)

    assert (tmp_path / CLAIM).read_text() == before


def test_folder_of_a_foreign_run_is_refused(tmp_path):
    with pytest.raises(UserError, match='was not started from here'):
        claim_work_dir(with_checkpoint(tmp_path), claim(), resume=True)

    assert not (tmp_path / CLAIM).exists()


def test_folder_of_an_attempt_that_got_nowhere_is_free(tmp_path):
    claim_work_dir(tmp_path, claim(lr=0.01), resume=False)

    claim_work_dir(tmp_path, claim(), resume=False)
