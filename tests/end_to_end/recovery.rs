//! A server that dies and comes back: the client says so, keeps what is written meanwhile, and sends it afterwards, once.

use super::newcomer;
use super::sandbox::{RunningServer, Sandbox};

#[test]
fn what_is_written_without_a_server_goes_out_afterwards_once() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.start_server(None, &[]);
    let first = newcomer(&sandbox, &server, "Romain");
    let second = {
        let other = Sandbox::new();
        let terminal = newcomer(&other, &server, "mimi");
        (other, terminal)
    };
    first.type_line("avant");
    second.1.wait_for("│ avant");
    server.kill();
    first.wait_gone("● ");
    first.type_line("pendant une");
    first.type_line("pendant deux");
    first.wait_for("pendant deux");
    let server = RunningServer::start(&sandbox, server.address, None, &[]);
    second.1.wait_for("pendant deux");
    first.type_line("après");
    second.1.wait_for("│ après");
    let screen = second.1.settled();
    let places: Vec<_> =
        ["│ avant", "│ pendant une", "│ pendant deux", "│ après"].iter().map(|text| screen.find(text)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "in the order of writing:\n{screen}");
    for text in ["avant", "pendant une", "pendant deux", "après"] {
        assert_eq!(screen.matches(text).count(), 1, "{text} once:\n{screen}");
        assert_eq!(first.settled().matches(text).count(), 1, "{text} once, also for its author:\n{}", first.screen());
    }
    drop(server);
}
