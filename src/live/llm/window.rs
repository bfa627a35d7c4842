//! Which messages a model is sent word for word: the last ones, as many as fit.

use super::super::conversation::Memory;
use crate::practice::prompt::LONGEST_MESSAGE;

/// Most characters of messages that are sent, and most messages.
const MOST: usize = 8_000;
const MOST_MESSAGES: usize = 60;
/// How many stay once there are more. What begins the messages then stays the same for a while,
/// so that a model that keeps what it read before need not read it again each time.
const KEPT: usize = 4_000;
const KEPT_MESSAGES: usize = 24;
/// Most characters of a call's arguments that are sent, and of what it gave. With what the coach
/// said before them they fit together.
const LONGEST_CALL: usize = 2_500;
/// Most characters of instructions that are sent besides, from before the messages.
const STANDING: usize = 4_000;

/// What of a memory is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Where the messages begin that are sent.
    pub(super) begins: usize,
    /// Most characters of one of them.
    pub(super) longest: usize,
    /// Most characters of a call's arguments, and of what it gave.
    pub(super) longest_call: usize,
}

impl Window {
    /// All that a request brought itself: how much that is, the request has chosen.
    pub(super) fn whole() -> Self {
        Self {
            begins: 0,
            longest: usize::MAX,
            longest_call: usize::MAX,
        }
    }

    /// What is sent of a session, a function of its memory alone. As long as the memory only
    /// grows, the beginning moves in large steps.
    pub(super) fn of(memory: &[Memory], has_client: bool) -> Self {
        let mut window = Self {
            begins: 0,
            // Nobody says more at once. Where there is no client, messages may be typed.
            longest: if has_client { LONGEST_MESSAGE } else { KEPT },
            longest_call: LONGEST_CALL,
        };
        let (mut begin, mut held, mut last) = (0, 0, 0);
        for (at, message) in memory.iter().enumerate() {
            let coach = matches!(message, Memory::Coach(_));
            last = if coach { at } else { last };
            held += window.size(message);
            let full = held > MOST || at + 1 - begin > MOST_MESSAGES;
            while full && begin < at {
                let count = at + 1 - begin;
                // What the coach said last stays as long as it can.
                let fits = held <= KEPT && count <= KEPT_MESSAGES
                    || begin == last && held <= MOST && count <= MOST_MESSAGES;
                // A call and what it gave stay together, and so do question and answer.
                if fits && matches!(memory[begin], Memory::Coach(_)) {
                    break;
                }
                held -= window.size(&memory[begin]);
                begin += 1;
            }
        }
        window.begins = begin;
        window
    }

    /// How many characters of a message are sent.
    fn size(&self, message: &Memory) -> usize {
        let most = |text: &str, most| text.chars().count().min(most);
        match message {
            Memory::System(text) | Memory::Coach(text) | Memory::Client { text, .. } => {
                most(text, self.longest)
            }
            Memory::Call {
                name, arguments, ..
            } => name.len() + most(arguments, self.longest_call),
            Memory::CallOutput { output, .. } => most(output, self.longest_call),
            Memory::Silence(_) => 0,
        }
    }
}

/// Of what is not sent word for word any more, the instructions: they hold until the session ends.
/// Where they are too many, the last ones.
pub(super) fn standing(older: &[Memory], window: Window) -> impl Iterator<Item = &Memory> {
    let mut room = STANDING;
    let instructions = older.iter().rev();
    let instructions = instructions.filter(|memory| matches!(memory, Memory::System(_)));
    let fits = instructions.take_while(|memory| {
        let left = room.checked_sub(window.size(memory));
        room = left.unwrap_or(0);
        left.is_some()
    });
    let mut fits: Vec<&Memory> = fits.collect();
    fits.reverse();
    fits.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(turns: usize, letters: usize) -> Vec<Memory> {
        let turn = |at: usize| {
            let client = Memory::Client {
                text: "b".repeat(letters),
                cut: false,
            };
            [
                Memory::Coach(format!("{at} {}", "a".repeat(letters))),
                client,
            ]
        };
        (0..turns).flat_map(turn).collect()
    }

    #[test]
    fn what_is_sent_is_bounded_and_begins_with_the_coach() {
        for letters in [5, 80, 700, 9000] {
            let memory = talk(300, letters);
            let mut before = 0;
            let mut moved = 0;
            for length in 1..=memory.len() {
                let window = Window::of(&memory[..length], true);
                let begin = window.begins;
                assert!(begin >= before, "it goes back");
                moved += usize::from(begin > before);
                before = begin;
                let sent = &memory[begin..length];
                let sizes: usize = sent.iter().map(|one| window.size(one)).sum();
                assert!(sizes <= MOST || sent.len() <= 2, "{sizes}");
                assert!(sent.len() <= MOST_MESSAGES);
                assert!(begin == 0 || matches!(sent[0], Memory::Coach(_)) || sent.len() == 1);
            }
            if letters < 700 {
                assert!(moved * 20 < memory.len(), "it moves too often: {moved}");
            }
        }
    }

    #[test]
    fn a_call_is_not_torn_from_what_it_gave() {
        let mut memory = Vec::new();
        for at in 0..100 {
            let call_id = format!("call_{at}");
            memory.push(Memory::Coach("a".repeat(100)));
            memory.push(Memory::Call {
                call_id: call_id.clone(),
                name: "look".to_owned(),
                arguments: "{}".to_owned(),
            });
            memory.push(Memory::CallOutput {
                call_id,
                output: "b".repeat(100),
            });
        }
        for length in (3..=300).step_by(3) {
            let begin = Window::of(&memory[..length], true).begins;
            assert_eq!(begin % 3, 0);
        }
    }

    #[test]
    fn what_a_call_gave_stays_with_the_question_however_long_it_is() {
        let mut moved = 0;
        for turns in 1..40 {
            let mut memory = talk(turns, 300);
            memory.push(Memory::Coach("a".repeat(9_000)));
            let asked = memory.len() - 1;
            memory.push(Memory::Call {
                call_id: "call".to_owned(),
                name: "look".to_owned(),
                arguments: "b".repeat(9_000),
            });
            memory.push(Memory::CallOutput {
                call_id: "call".to_owned(),
                output: "c".repeat(100_000),
            });
            let begins = Window::of(&memory, true).begins;
            assert!(begins <= asked, "{begins} {asked}");
            moved += usize::from(begins == asked);
        }
        assert!(moved > 0);
    }

    #[test]
    fn instructions_hold_however_long_the_session_the_last_ones_first() {
        let instruction = |at: usize| Memory::System(format!("{at} {}", "s".repeat(1_498)));
        let older: Vec<Memory> = (0..4)
            .flat_map(|at| [instruction(at), Memory::Coach("Mm.".to_owned())])
            .collect();
        let window = Window::of(&older, true);
        let kept: Vec<&Memory> = standing(&older, window).collect();
        assert_eq!(kept, [&instruction(2), &instruction(3)]);
    }
}
