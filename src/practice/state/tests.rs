//! Tests of the inner state.

use super::*;

const START: State = State {
    trust: 30,
    openness: 25,
    energy: 50,
    insight: 10,
    resistance: 20,
};

fn take(state: &mut State, number: usize, cause: Cause, log: &mut Vec<StateStep>) {
    let mut turn = Turn {
        number,
        pace: 100,
        moved: &mut Moved::default(),
        log,
    };
    state.take(&mut turn, cause, None, 0);
}

fn after(kind: Move, turns: usize) -> State {
    let mut state = START;
    for turn in 0..turns {
        take(&mut state, turn, Cause::Move(kind), &mut Vec::new());
    }
    state
}

#[test]
fn reflecting_opens_and_telling_closes() {
    assert!(after(Move::SimpleReflection, 10).level() >= 3);
    assert_eq!(after(Move::Advice, 30).level(), 1);
    assert_eq!(after(Move::ClosedQuestion, 30).level(), 1);
}

#[test]
fn one_turn_never_flips_a_client() {
    for kind in [
        Move::SimpleReflection,
        Move::Summary,
        Move::Advice,
        Move::OpenQuestion,
    ] {
        let now = after(kind, 1);
        assert!((now.trust - START.trust).abs() <= 4 && (now.openness - START.openness).abs() <= 4);
    }
}

#[test]
fn whatever_comes_together_a_turn_is_a_small_step() {
    let (mut state, mut log, mut moved) = (START, Vec::new(), Moved::default());
    let mut turn = Turn {
        number: 0,
        pace: 300,
        moved: &mut moved,
        log: &mut log,
    };
    for _ in 0..5 {
        state.take(&mut turn, Cause::Move(Move::SimpleReflection), None, 0);
        state.take(&mut turn, Cause::SilenceHeld, None, 0);
    }
    assert_eq!(state.trust - START.trust, MOST);
    for _ in 0..9 {
        state.take(&mut turn, Cause::Move(Move::Advice), None, 0);
    }
    assert_eq!(state.trust - START.trust, -MOST);
    let sum: i16 = log
        .iter()
        .filter(|step| step.dimension == Dimension::Trust)
        .map(|step| step.by)
        .sum();
    assert_eq!(sum, -MOST);
}

#[test]
fn silence_held_opens_and_stepping_in_closes() {
    for (cause, up) in [(Cause::SilenceHeld, true), (Cause::SteppedIn, false)] {
        let mut state = START;
        take(&mut state, 0, cause, &mut Vec::new());
        assert_eq!(state.openness > START.openness, up);
        assert_eq!(state.trust > START.trust, up);
        assert_eq!(state.resistance < START.resistance, up);
    }
}

#[test]
fn steps_add_up() {
    let (mut state, mut log) = (START, Vec::new());
    take(&mut state, 0, Cause::Interruption, &mut log);
    take(&mut state, 1, Cause::Move(Move::SimpleReflection), &mut log);
    let trust: i16 = log
        .iter()
        .filter(|s| s.dimension == Dimension::Trust)
        .map(|s| s.by)
        .sum();
    assert_eq!(START.trust + trust, state.trust);
}
