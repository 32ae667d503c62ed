"""Colours that can be distinguished with any colour vision.

Source: M. Okabe and K. Ito, Color Universal Design, https://jfly.uni-koeln.de/color/
"""

BLACK = '#000000'
ORANGE = '#E69F00'
SKY_BLUE = '#56B4E9'
GREEN = '#009E73'
YELLOW = '#F0E442'
BLUE = '#0072B2'
RED = '#D55E00'
PURPLE = '#CC79A7'
GREY = '#666666'
