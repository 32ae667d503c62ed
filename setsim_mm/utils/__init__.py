"""Errors, command lines, configs, checkpoints and work folders."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .allocator import keep_freed_memory
    from .checkpoints import (
        extract_backbone,
        load_checkpoint,
        model_weights,
        save_weights,
    )
    from .command_line import (
        ConfigOptions,
        add_config_options,
        add_length_options,
        add_traceback_option,
        add_trainer_options,
        require_config,
    )
    from .config_files import load_training_config
    from .errors import UserError, explain, sentences_for_errors
    from .mixed_precision import CPUAmpOptimWrapper, use_mixed_precision
    from .work_dir import last_checkpoint, require_writable

__all__ = [
    'CPUAmpOptimWrapper',
    'ConfigOptions',
    'UserError',
    'add_config_options',
    'add_length_options',
    'add_traceback_option',
    'add_trainer_options',
    'explain',
    'extract_backbone',
    'keep_freed_memory',
    'last_checkpoint',
    'load_checkpoint',
    'load_training_config',
    'model_weights',
    'require_config',
    'require_writable',
    'save_weights',
    'sentences_for_errors',
    'use_mixed_precision',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
