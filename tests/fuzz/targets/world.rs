//! The server's rules by sequences of operations, written like transcripts; lines that say nothing are passed over.
//!
//! Checked on the way by the driver: lines fit, numbers have no gap, nobody is told of what is not committed. Checked at
//! the end: each line was done once, and a server that starts again from the record comes up.

use super::common::bare::Bare;
use super::common::transcript::{Directive, Driver as _, Transcript, What};

/// What is bounded so that one input ends in time.
const LINES_MAX: usize = 300;
const WAIT_SECONDS_MAX: u64 = 600;
/// The settings that an input may choose; any value of them is one that an operator may give.
const SETTINGS: &[&str] = &["guests", "nick_equals_account", "auto_channels", "casemapping", "refuse_confusable_names"];

/// A transcript, or what is left of one.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut server = Bare::new();
    for line in text.lines().take(LINES_MAX) {
        let Ok(step) = Transcript::parse("input", line) else { continue };
        step.steps.into_iter().for_each(|step| take(&mut server, step.what));
    }
    for directive in [Directive::Store(true), Directive::Journal(false), Directive::Hold(false)] {
        server.direct(&directive).expect("these are obeyed");
    }
    assert_eq!(server.lines_done, server.lines_sent, "each line is done once");
    server.direct(&Directive::Restart).expect("it starts again");
    enter(&mut server, "last", "last", &[]);
}

fn take(server: &mut Bare, what: What) {
    // Who is not connected is passed over; so is what the driver does not do.
    let _ = match what {
        What::Send(who, line) => {
            let is_line = line.len() <= 4_096 && !line.contains(['\r', '\n', '\0']);
            if is_line && !server.is_closed(&who) { server.send(&who, &line) } else { Ok(()) }
        }
        What::Expect(who, _) | What::Skip(who) => {
            server.drain(&who);
            Ok(())
        }
        What::Direct(Directive::Set(key, value)) if SETTINGS.contains(&key.as_str()) => server.set(&key, &value),
        What::Direct(Directive::Connect(who, wire, address)) => server.connect(&who, wire, address),
        What::Direct(
            Directive::Enter(who, account, wire, address, caps) | Directive::Return(who, account, wire, address, caps),
        ) => server.connect(&who, wire, address).map(|()| enter(server, &who, &account, &caps)),
        What::Direct(Directive::Close(who, reason)) => server.close(&who, &reason),
        What::Direct(Directive::Wait(seconds)) => server.direct(&Directive::Wait(seconds.min(WAIT_SECONDS_MAX))),
        What::Direct(Directive::Restart) => {
            let restarted = server.direct(&Directive::Restart);
            // Lines of connections that ended with the server are never done.
            server.lines_sent = server.lines_done;
            restarted
        }
        What::Direct(other) => server.direct(&other),
    };
}

/// Logs in, or registers, as it may be.
fn enter(server: &mut Bare, who: &str, account: &str, caps: &[String]) {
    for line in [
        format!("CAP REQ :{}", caps.join(" ")),
        format!("PASS {account}:{account}-has-a-password"),
        format!("NICK {account}"),
        format!("REGISTER {account} * {account}-has-a-password"),
        format!("USER {account} 0 * :{account}"),
        "CAP END".to_owned(),
    ] {
        if !line.contains(['\r', '\n', '\0']) && !server.is_closed(who) {
            let _ = server.send(who, &line);
        }
    }
}
