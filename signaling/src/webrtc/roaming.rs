//! Follows a client whose address changes under a call that goes on.
//!
//! A router that starts again, or gives the house another public address, changes where a client's
//! packets come from, and the client does not know. Its checks arrive from the new address and
//! nominate it (RFC 8445 section 7.3.1.5), but the stack stays with the first pair that was
//! nominated until ICE is restarted: sound and events would go where nobody is. So the stack is
//! left to believe in that first address, and the two are exchanged on the way, in and out.
//!
//! Over UDP, that is. A TCP connection that moved is another connection, whose far end is a candidate
//! of its own: its client restarts ICE.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::stun::{self, Class, Transaction};

/// Nominations that wait for the stack's answer; it comes at once or never.
const ASKED: usize = 8;
/// Addresses that are remembered as left.
const LEFT: usize = 8;

/// Where one call's client is, and where the stack believes it to be.
#[derive(Debug, Default)]
pub(super) struct Roaming {
    /// Where the stack sends sound and events.
    believed: Option<SocketAddr>,
    /// Where the client is instead.
    real: Option<SocketAddr>,
    asked: VecDeque<Nomination>,
    /// Where it was before, the latest last.
    left: VecDeque<SocketAddr>,
    /// Which of these nominated itself again, and nothing has come from where the client is since.
    returning: Option<SocketAddr>,
}

/// A nomination that waits for its answer. A client sends one again that is not answered, from where
/// it is by then.
#[derive(Debug)]
struct Nomination {
    transaction: Transaction,
    from: SocketAddr,
    /// Where the stack was told that it came from.
    told: SocketAddr,
}

impl Roaming {
    /// Takes note of a datagram from the client; returns where the stack is told it came from.
    pub(super) fn came(&mut self, datagram: &[u8], from: SocketAddr) -> SocketAddr {
        let told = self.other(from);
        if let Some(transaction) = stun::nomination(datagram) {
            if self.asked.len() >= ASKED {
                self.asked.pop_front();
            }
            self.asked.push_back(Nomination {
                transaction,
                from,
                told,
            });
        }
        if self.present() == Some(from) {
            self.returning = None;
        }
        told
    }

    /// Takes note of what the stack sends; returns where it has to go.
    pub(super) fn goes(&mut self, datagram: &[u8], to: SocketAddr) -> SocketAddr {
        match stun::class(datagram) {
            Some(Class::Success) => {
                // The stack answers a nomination once it has checked its integrity, and that the
                // client can be reached there.
                if let Some(from) = self.answered(datagram, to) {
                    self.nominated(from);
                    return from;
                }
            }
            Some(_) => {}
            None if self.believed != Some(to) => {
                // The stack itself chose, at first or after ICE was restarted.
                self.believed = Some(to);
                self.real = None;
                self.left.clear();
                self.returning = None;
            }
            None => {}
        }
        self.other(to)
    }

    fn answered(&mut self, datagram: &[u8], to: SocketAddr) -> Option<SocketAddr> {
        let transaction = stun::transaction(datagram)?;
        let is_it = |one: &Nomination| one.transaction == transaction && one.told == to;
        let at = self.asked.iter().position(is_it)?;
        self.asked.remove(at).map(|nomination| nomination.from)
    }

    /// Follows the client to an address that is new. Several may be alive and nominated, again and
    /// again: it is followed back to one that it left only when that nominates itself twice while
    /// nothing comes from the present one.
    fn nominated(&mut self, from: SocketAddr) {
        let (Some(believed), Some(present)) = (self.believed, self.present()) else {
            return;
        };
        let goes_back = self.left.contains(&from) && self.returning.replace(from) != Some(from);
        if from == present || goes_back || believed.is_ipv4() != from.is_ipv4() {
            return;
        }
        self.returning = None;
        self.left.retain(|left| *left != from);
        if self.left.len() >= LEFT {
            self.left.pop_front();
        }
        self.left.push_back(present);
        self.real = (from != believed).then_some(from);
    }

    /// Where the client is.
    fn present(&self) -> Option<SocketAddr> {
        self.real.or(self.believed)
    }

    /// The exchange, which is its own inverse.
    fn other(&self, address: SocketAddr) -> SocketAddr {
        match (self.believed, self.real) {
            (Some(believed), Some(real)) if address == believed => real,
            (Some(believed), Some(real)) if address == real => believed,
            _ => address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &[u8] = &[0x80; 40];

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn check(number: u8, nominates: bool) -> Vec<u8> {
        let mut request = stun::request("server:client");
        request[8] = number;
        if nominates {
            request.extend([0, 0x25, 0, 0]);
        }
        request
    }

    fn answer(number: u8) -> Vec<u8> {
        let mut success = check(number, false);
        success[0] = 1;
        success
    }

    /// A call that talks with port 1.
    fn talking() -> Roaming {
        let mut roaming = Roaming::default();
        roaming.came(&check(0, true), address(1));
        roaming.goes(&answer(0), address(1));
        assert_eq!(roaming.goes(SOUND, address(1)), address(1));
        roaming
    }

    #[test]
    fn a_client_that_moved_is_followed_and_the_stack_sees_nothing_of_it() {
        let mut roaming = talking();
        for (number, port) in [(1, 2), (2, 3)] {
            assert_eq!(
                roaming.came(&check(number, true), address(port)),
                address(port)
            );
            assert_eq!(roaming.goes(&answer(number), address(port)), address(port));
            assert_eq!(roaming.goes(SOUND, address(1)), address(port));
            assert_eq!(roaming.came(SOUND, address(port)), address(1));
            assert_eq!(roaming.goes(&check(9, false), address(1)), address(port));
        }
        // And back again.
        for (number, sound) in [(3, 3), (4, 1)] {
            assert_eq!(roaming.came(&check(number, true), address(1)), address(3));
            assert_eq!(roaming.goes(&answer(number), address(3)), address(1));
            assert_eq!(roaming.goes(SOUND, address(1)), address(sound));
        }
        assert_eq!(roaming.came(SOUND, address(1)), address(1));
    }

    #[test]
    fn of_several_ways_that_live_the_newest_is_kept() {
        let mut roaming = talking();
        for (number, port) in (1..60).zip([2, 1].into_iter().cycle()) {
            let told = roaming.came(&check(number, true), address(port));
            roaming.goes(&answer(number), told);
            assert_eq!(roaming.goes(SOUND, address(1)), address(2), "{number}");
        }
        // What comes from there in between may be anything.
        for number in 60..70 {
            let told = roaming.came(&check(number, true), address(1));
            roaming.goes(&answer(number), told);
            roaming.came(SOUND, address(2));
            assert_eq!(roaming.goes(SOUND, address(1)), address(2), "{number}");
        }
    }

    #[test]
    fn a_check_that_is_sent_again_counts_where_it_is_answered() {
        for answered in [&[3][..], &[2, 3]] {
            let mut roaming = talking();
            roaming.came(&check(1, true), address(2));
            roaming.came(&check(1, true), address(3));
            for port in answered {
                assert_eq!(roaming.goes(&answer(1), address(*port)), address(*port));
            }
            assert_eq!(roaming.goes(SOUND, address(1)), address(3), "{answered:?}");
        }
    }

    #[test]
    fn nobody_is_followed_unanswered_or_unasked() {
        let mut roaming = talking();
        roaming.came(&check(1, true), address(2));
        assert_eq!(roaming.goes(SOUND, address(1)), address(1));
        roaming.came(&check(2, false), address(2));
        roaming.goes(&answer(2), address(2));
        assert_eq!(roaming.goes(SOUND, address(1)), address(1));
        for number in 10..100 {
            roaming.came(&check(number, true), address(3));
        }
        assert_eq!(roaming.asked.len(), ASKED);
    }

    #[test]
    fn what_the_stack_chooses_anew_holds() {
        let mut roaming = talking();
        roaming.came(&check(1, true), address(2));
        roaming.goes(&answer(1), address(2));
        assert_eq!(roaming.goes(SOUND, address(4)), address(4));
        assert_eq!(roaming.came(SOUND, address(2)), address(2));
    }
}
