"""Two-way tables of names: every table, in both directions."""

import pytest
import torch
from torchvision import models

from setsim_mm.utils.foreign_tables import MERGED, READ, RESNET_DETECTRON2, WRITTEN
from setsim_mm.utils.name_tables import NameTable, Row

TABLES = {
    table.owner: table for tables in (READ, *WRITTEN.values()) for table in tables
}


@pytest.mark.parametrize('owner', TABLES)
def test_names_come_back(owner):
    table = TABLES[owner]
    for row in table.rows:
        index = dict(i=1, j=2, k=1)
        ours = row.ours.format(**index)
        theirs = table.theirs(f'{ours}.weight')
        assert table.ours(theirs) == f'{ours}.weight'


def test_computed_indices_must_fit():
    table = NameTable('', (Row('a.{i}', 'b.{2*i+2}'),))

    assert table.theirs('a.3') == 'b.8' and table.ours('b.8') == 'a.3'
    assert table.ours('b.7') is None and table.ours('b.0') is None
    assert table.theirs('a.x') is None and table.theirs('a.1.b.c') is None


def test_detectron2s_published_names():
    names = {
        'conv1.weight': 'stem.conv1.weight',
        'bn1.running_mean': 'stem.conv1.norm.running_mean',
        'layer1.0.conv3.weight': 'res2.0.conv3.weight',
        'layer3.5.bn2.bias': 'res4.5.conv2.norm.bias',
        'layer4.0.downsample.0.weight': 'res5.0.shortcut.weight',
        'layer4.0.downsample.1.weight': 'res5.0.shortcut.norm.weight',
    }
    for ours, theirs in names.items():
        assert RESNET_DETECTRON2.theirs(ours) == theirs
        assert RESNET_DETECTRON2.ours(theirs) == ours


@pytest.mark.parametrize(
    ('kind', 'build'),
    [
        ('ViT', lambda: models.VisionTransformer(32, 16, 1, 1, 8, 8)),
        ('ConvNeXt', models.convnext_tiny),
        ('Swin', models.swin_t),
    ],
)
def test_torchvisions_table_has_every_name_but_the_classifier(kind, build):
    with torch.device('meta'):
        names = build().state_dict().keys()

    unnamed = {n for n in names if TABLES[f"torchvision's {kind}"].ours(n) is None}

    assert len(unnamed) == 2  # weight and bias
    assert all(n.startswith(('head', 'classifier.2.')) for n in unnamed)


def test_merging_layers_have_the_order_of_microsofts_program():
    """Compare with nn.Unfold, by which MMPretrain merges."""
    image = torch.randn(1, 3, 2, 2)
    # microsoft/Swin-Transformer, PatchMerging: x0 to x3 go down each column.
    columns = [image[0, :, row, col] for col in (0, 1) for row in (0, 1)]
    theirs, weight = torch.cat(columns), torch.randn(5, 12)
    ours = torch.nn.functional.unfold(image, 2).flatten()

    torch.testing.assert_close(MERGED.to_ours(weight) @ ours, weight @ theirs)
    assert torch.equal(MERGED.to_theirs(MERGED.to_ours(weight)), weight)
