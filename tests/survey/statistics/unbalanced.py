"""Ratings in which people answered unequally often and left things out."""

import io

import pandas as pd

from survey.ratings import rating_table

# Person a answered most; c one lower item only; d's one answer has no direction. Catch trials: a
# has one identical pair of two right, b none at all, c's only one has no answer.
UNBALANCED = """participant,item,kind,intended,strength,heard,rhythm,melody,seconds,finished
a,h1,transfer,higher,1,higher,4,3,9,True
a,h2,transfer,higher,0.5,lower,2,,8,True
a,i1,identical,same,0,same,,,7,True
a,i2,identical,same,0,lower,,,5,True
a,l1,transfer,lower,1,lower,5,4,6,True
a,l2,transfer,lower,0.5,same,5,4,10,True
a,l3,transfer,lower,,lower,3,,11,True
b,h1,transfer,higher,1,higher,4,3,3,False
b,l1,transfer,lower,1,higher,2,1,2,False
b,l2,transfer,lower,0.5,,1,2,4,False
b,s1,swapped,higher,1,lower,,,6,False
c,i1,identical,same,0,,,,20,
c,l1,transfer,lower,1,lower,4,5,30,
d,h2,transfer,higher,0.5,,,2,12,True
"""


def ratings() -> pd.DataFrame:
    """All rows, catch trials, too."""
    return rating_table.read_csv(io.StringIO(UNBALANCED))


def transfers() -> pd.DataFrame:
    """Without catch trials; the index has gaps, as after any choice of rows."""
    table = ratings()
    return table[table["kind"] == "transfer"]
