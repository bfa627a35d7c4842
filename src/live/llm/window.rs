//! Which messages a model is sent word for word: the last ones, as many as fit.

use super::super::conversation::Memory;

/// Most characters of messages that are sent, and most messages.
const MOST: usize = 8_000;
const MOST_MESSAGES: usize = 60;
/// How many stay once there are more. What begins the messages then stays the same for a while,
/// so that a model that keeps what it read before need not read it again each time.
const KEPT: usize = 4_000;
const KEPT_MESSAGES: usize = 24;

/// Where the messages begin that are sent. A function of the memory alone; as long as the memory
/// only grows, it moves in large steps.
pub(super) fn begins(memory: &[Memory]) -> usize {
    let (mut begin, mut held) = (0, 0);
    for (at, message) in memory.iter().enumerate() {
        held += size(message);
        let full = held > MOST || at + 1 - begin > MOST_MESSAGES;
        while full && begin < at {
            let fits = held <= KEPT && at + 1 - begin <= KEPT_MESSAGES;
            // A call and what it gave stay together, and so do question and answer.
            if fits && matches!(memory[begin], Memory::Coach(_)) {
                break;
            }
            held -= size(&memory[begin]);
            begin += 1;
        }
    }
    begin
}

fn size(message: &Memory) -> usize {
    match message {
        Memory::System(text) | Memory::Coach(text) | Memory::Client { text, .. } => text
            .chars()
            .count()
            .min(crate::practice::prompt::LONGEST_MESSAGE),
        Memory::Call {
            name, arguments, ..
        } => name.len() + arguments.len(),
        Memory::CallOutput { output, .. } => output.len(),
        Memory::Silence(_) => 0,
    }
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
                let begin = begins(&memory[..length]);
                assert!(begin >= before, "it goes back");
                moved += usize::from(begin > before);
                before = begin;
                let sent = &memory[begin..length];
                let sizes: usize = sent.iter().map(size).sum();
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
            let begin = begins(&memory[..length]);
            assert_eq!(begin % 3, 0);
        }
    }
}
