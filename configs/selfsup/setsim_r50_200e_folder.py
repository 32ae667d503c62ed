_base_ = [
    './_base_/models/setsim_r50.py',
    './_base_/datasets/images_folder_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]

# The paper's queue of 65,536 keys has several old keys of each image of a small folder.
fit_queue_to_images = True
