# The edits of copies on the web: up to four of them in random order. Every number is
# ours; the paper's augmentations are not known.
#
# Overlays need other images: all of IMAGES, an environment variable.
copy_edits = dict(
    type='RandomSubset',
    number=(1, 4),
    transforms=[
        dict(type='CopyImageOverlay', data_root='{{$IMAGES:data/images/}}'),
        dict(type='CopyTextOverlay'),
        dict(type='CopyShapeOverlay'),
        dict(type='CopyScreenshot'),
        dict(type='CopyHeavyCrop', share=(0.3, 0.8)),
        dict(type='CopyBorder', share=(0.0, 0.4)),
        dict(type='CopyRotation', degrees=(-45.0, 45.0)),
        dict(type='CopyAspect', factor=(0.5, 2.0)),
        dict(type='CopyPixelation', share=(0.1, 0.5)),
        dict(type='CopyJPEG', quality=(5, 60)),
        dict(
            type='RGBColorJitter',
            brightness=0.5,
            contrast=0.5,
            saturation=0.8,
            hue=0.3,
        ),
        dict(type='RGBRandomGrayscale', prob=1.0),
        dict(type='RGBRandomGaussianBlur', sigma_min=0.5, sigma_max=4.0, prob=1.0),
        dict(type='RandomHorizontalFlipWithBox', prob=1.0),
    ],
)
