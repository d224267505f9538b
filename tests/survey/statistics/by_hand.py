"""Answers few enough to count by hand."""

from __future__ import annotations

import io

import pandas as pd

from survey.ratings import rating_table

HAND = """participant,item,intended,heard,rhythm,melody
a,l1,lower,lower,5,3
a,h1,higher,higher,4,3
a,l2,lower,same,3,3
a,h2,higher,,2,
b,l1,lower,lower,5,1
b,h1,higher,lower,4,2
b,l2,lower,lower,4,
b,h2,higher,higher,1,3
"""
STRENGTHS = """participant,item,source,segment,intended,heard,rhythm,strength,change_rhythm
a,l1-1,x.mid,3,lower,lower,5,1,-0.2
a,l1-2,x.mid,3,lower,same,4,2,-0.4
a,h1-1,y.mid,3,higher,higher,3,1,0.3
b,l1-1,x.mid,3,lower,lower,2,1,-0.2
b,l1-2,x.mid,3,lower,lower,1,2,-0.4
b,h1-1,y.mid,3,higher,lower,5,1,0.3
b,h2-1,,4,higher,higher,5,1,0.1
"""


def table(text: str = HAND) -> pd.DataFrame:
    """The ratings of a text of CSV."""
    return rating_table.read_csv(io.StringIO(text))
