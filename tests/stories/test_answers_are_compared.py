from dataclasses import replace

import pytest

from localazure.stack.predictions import Kind, Prediction
from rollout.core.policy.quality_model import *
from rollout.core.records.phases import Phase
from tests.support.stories.predicting import *

LAB=replace(EXPECTED, probed=Labelled(metric=Metric.ACCURACY, answer="label"))
@pytest.mark.parametrize("kind,share,kw", [
 (Kind.CONSTANT,1.0,{}),
 (Kind.FLIPPED,.2,{}),
 (Kind.NULL,.2,{}),
 (Kind.NAN,.2,{}),
 (Kind.OUT_OF_RANGE,.2,{}),
 (Kind.ERROR,.3,{}),
 (Kind.SWALLOWED,.3,{}),
 (Kind.LOST,.2,{}),
 (Kind.ADDED,1,{}),
 (Kind.USUAL,1,{}),
 (Kind.RANDOM,.3,dict(stable=Prediction(Kind.RANDOM,.3))),
 (Kind.OTHER,1,dict(policy=replace(JUDGED,quality=EXPECTED))),
 (Kind.OTHER,1,dict(policy=replace(JUDGED,quality=LAB),inputs=1000)),
 (Kind.FLIPPED,.125,dict(policy=replace(JUDGED,quality=LAB),inputs=1000)),
 (Kind.USUAL,1,dict(per_minute=100)),
 (Kind.FLIPPED,.2,dict(per_minute=100)),
])
def test_x(kind, share, kw):
    story = predicting(kind, share, **kw)
    story.until(lambda: story.rollout.final or story.rollout.hold is not None or story.phase in (Phase.PROMOTED, Phase.DISCARDING, Phase.ROLLING_BACK, Phase.SUCCEEDED))
    h=story.history()
    with open("/tmp/paired_out.txt","a") as f:
        print("=====",kind,share,kw.keys(),story.phase, story.clock.now, [(r.sent, sum(1 for p in r.pairs if p.answers and p.answers.differs), sum(1 for p in r.pairs if p.answers and p.answers.candidate.fault)) for r in story.probing.rounds],file=f)
        for e in h[-3:]: print("   ",e.at, e.kind,e.text,file=f)
