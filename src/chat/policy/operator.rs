//! Who may do what on the server as a whole.
//!
//! Specification: Modern IRC, "Operator Messages": 481 for those who are no operators, 723 for operators without that right.

use crate::chat::operators::{Right, Rights};
use crate::chat::refusal::{Handled, Refusal};
use crate::proto::numerics::{ERR_NOPRIVILEGES, ERR_NOPRIVS};

/// Whether somebody with these rights (none: no operator) may do this.
pub(crate) fn must_have(held: Option<Rights>, right: Right) -> Handled {
    match held {
        Some(rights) if rights.has(right) => Ok(()),
        Some(_) => Err(Refusal::numeric(ERR_NOPRIVS, &[right.word()], "Insufficient oper privileges.")),
        None => Err(Refusal::numeric(ERR_NOPRIVILEGES, &[], "Permission Denied- You're not an IRC operator")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whether_one_is_no_operator_or_lacks_the_right() {
        let numeric = |held| match must_have(held, Right::Kill) {
            Ok(()) => "",
            Err(Refusal::Numeric { numeric, .. }) => numeric,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(numeric(None), "481");
        assert_eq!(numeric(Some(Rights::NONE.with(Right::Wallops))), "723");
        assert_eq!(numeric(Some(Rights::ALL)), "");
    }
}
