"""SetSim on MoCo-v2 (arXiv:2107.08712), pre-trained on the images below a folder."""

import argparse
from collections import OrderedDict
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision.models import get_model

from setsim_mm import datasets
from setsim_mm.models import FeatureQueue, losses, matchers
from setsim_mm.models.utils import group_batch_norm
from setsim_mm.utils import require_writable, sentences_for_errors


def build_encoder(arch='resnet18', dim=128):
    """Build the backbone f and the parallel projectors g_img and g_set."""
    *layers, _, (_, fc) = get_model(arch).named_children()  # without pooling, fc
    f, C = nn.Sequential(OrderedDict(layers)), fc.in_features
    g_img = nn.Sequential(nn.Linear(C, C), nn.ReLU(), nn.Linear(C, dim))
    g_set = nn.Sequential(nn.Conv2d(C, C, 1), nn.ReLU(), nn.Conv2d(C, dim, 1))
    return nn.ModuleDict({'f': f, 'g_img': g_img, 'g_set': g_set})


def encode(encoder, x):
    """Encode one view of N images, x: Nx3xhxw."""
    z = encoder.f(x)  # NxCxHxW, Eq. 2
    return z, encoder.g_img(z.mean(dim=(2, 3))), encoder.g_set(z)  # NxD, NxDxHxW


def train_step(encoder_q, encoder_k, queues, views, boxes, m=0.999):
    """Compute L_img and L_set of two views, Nx3xhxw each, with their boxes, Nx4."""
    queries = [encode(encoder_q, x) for x in views]
    with torch.no_grad():
        for k, q in zip(encoder_k.parameters(), encoder_q.parameters(), strict=True):
            k.lerp_(q, 1 - m)
        keys = []
        for x in views:  # shuffling BN: a key is in another group than its query
            order = torch.randperm(len(x)).to(x.device)
            keys.append([y[order.argsort()] for y in encode(encoder_k, x[order])])
    L = [loss(queries[q], keys[1 - q], boxes[q], boxes[1 - q], *queues) for q in (0, 1)]
    for _, p_img, p in keys:
        queues[0].enqueue(F.normalize(p_img))  # NxD
        queues[1].enqueue(F.normalize(p.mean(dim=(2, 3))))  # NxD
    return torch.stack(L).mean(dim=0)


def loss(query, key, box_q, box_k, queue_img, queue_set, tau=0.2):
    """Compute L_img and L_set of one direction."""
    (z_q, *p_q), (z_k, *p_k) = query, key
    (q, p_q), (k, p_k) = map(F.normalize, p_q), map(F.normalize, p_k)  # NxD, NxDxHxW
    l_pos = (q * k).sum(dim=1) / tau  # N
    l_neg = q @ queue_img.features.clone() / tau  # NxK; enqueue overwrites in place
    L_img = (torch.logaddexp(l_pos, l_neg.logsumexp(dim=1)) - l_pos).mean()  # Eq. 1
    c = match(z_q, z_k, box_q, box_k)  # NxHWxHW
    L_set = losses.set_contrastive_loss(p_q, p_k, c, queue_set.features, tau)  # Eq. 8
    return torch.stack([L_img, L_set])


@torch.no_grad()
def match(z_q, z_k, box_q, box_k, delta=0.7, r=0.5):
    """Compute which key positions are the positives c_i of each query position i."""
    A_q, A_k = (matchers.spatial_attention(z) for z in (z_q, z_k))  # NxHW, Eq. 3
    omega_q, omega_k = (matchers.attended_positions(A, delta) for A in (A_q, A_k))
    s = omega_q[:, :, None] & omega_k[:, None, :]  # NxHWxHW
    s |= matchers.geometric_distance(box_q, z_q.shape[2:], box_k, z_k.shape[2:]) < r
    n = matchers.nearest_neighbors(matchers.cosine_similarity(z_q, z_k))  # Eq. 6
    return s | n & s.any(dim=2, keepdim=True)  # Eq. 7


@sentences_for_errors()
def main():
    """Pre-train, and save the backbone after each epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', help='images, searched at any depth')
    defaults = dict(arch='resnet18', epochs=10, batch=64, size=224, queue=4096)
    for name, v in {**defaults, 'work-dir': 'work_dirs/minimal'}.items():
        parser.add_argument(f'--{name}', type=type(v), default=v, help='%(default)s')
    args = parser.parse_args()
    require_writable(args.work_dir)
    view = [  # MoCo-v2's
        datasets.RandomResizedCropWithBox(args.size, scale=(0.2, 1.0)),
        datasets.RGBColorJitter(0.4, 0.4, 0.4, 0.1, prob=0.8),
        datasets.RGBRandomGrayscale(prob=0.2),
        datasets.RGBRandomGaussianBlur(sigma_min=0.1, sigma_max=2.0, prob=0.5),
        datasets.RandomHorizontalFlipWithBox(prob=0.5),
    ]
    views = [datasets.LoadRGBImage(), datasets.MultiViewWithBoxes([view], num_views=2)]
    images = datasets.UnlabeledImages(args.folder, pipeline=views)
    loader = DataLoader(images, args.batch, shuffle=True, num_workers=2)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    encoder_q = build_encoder(args.arch).to(device)
    group_batch_norm(32, encoder_q)  # as if every 32 images had a GPU of their own
    encoder_k = deepcopy(encoder_q).requires_grad_(False)
    queues = [FeatureQueue(128, args.queue).to(device) for _ in range(2)]
    lr, steps = 0.03 * args.batch / 256, args.epochs * len(loader)
    optimizer = optim.SGD(encoder_q.parameters(), lr, momentum=0.9, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rgb = torch.tensor([[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]])
    mean, std = rgb.to(device)
    for epoch in range(1, args.epochs + 1):
        for batch in loader:  # two views, Nxhxwx3 each, and their boxes, Nx2x4
            views = [((x.to(device) - mean) / std).movedim(3, 1) for x in batch['img']]
            boxes = batch['view_boxes'].to(device).unbind(dim=1)
            L_img, L_set = train_step(encoder_q, encoder_k, queues, views, boxes)
            optimizer.zero_grad()
            ((L_img + L_set) / 2).backward()  # Eq. 9, lambda = 0.5
            optimizer.step()
            scheduler.step()
            print(f'epoch {epoch}: L_img {L_img:.3f}, L_set {L_set:.3f}', flush=True)
        torch.save(encoder_q.f.state_dict(), f'{args.work_dir}/backbone.pth')
    print(f'Backbone: {args.work_dir}/backbone.pth')


if __name__ == '__main__':
    main()
