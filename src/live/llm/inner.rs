//! What moved inside a client, in the form in which the archive keeps it.

use serde::Serialize;

use crate::archive::inner::{Inner, InnerState, InnerStep};
use crate::practice::{self, Cause, Sheet};

/// What the archive keeps of it.
pub(super) fn kept(inner: &practice::Inner, sheet: &Sheet) -> Box<Inner> {
    let practice::State {
        trust,
        openness,
        energy,
        insight,
        resistance,
    } = inner.state;
    let (moves, topic) = match inner.heard_as {
        Some((kind, topic)) => {
            let besides = inner.moves.iter().filter(|other| *other != kind);
            let moves = std::iter::once(kind).chain(besides).map(|kind| name(&kind));
            (moves.collect(), topic.map(|topic| name(&topic)))
        }
        None => (Vec::new(), None),
    };
    let steps = inner.steps.iter().map(|step| InnerStep {
        cause: cause(step.cause),
        trigger: step.trigger(sheet).map(str::to_owned),
        dimension: name(&step.dimension),
        by: step.by,
        now: step.now,
    });
    Box::new(Inner {
        turn: u32::try_from(inner.turn).unwrap_or(u32::MAX),
        moves,
        topic,
        steps: steps.collect(),
        state: InnerState {
            trust,
            openness,
            energy,
            insight,
            resistance,
        },
        level: inner.state.level(),
    })
}

fn cause(cause: Cause) -> String {
    match cause {
        Cause::Move(kind) => name(&kind),
        Cause::Trigger(_) => "trigger".to_owned(),
        cause => name(&cause),
    }
}

/// The name of a value as it is written everywhere.
fn name(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    let name = name.and_then(|name| name.as_str().map(str::to_owned));
    name.unwrap_or_default()
}
