//! The PROXY header: any bytes, read in whatever pieces, are a client, nobody, or an error.

use chat_tui::server::proxy::parse_header;

/// A header and what may follow it.
pub fn run(data: &[u8]) {
    if let Ok(Some(client)) = parse_header(data) {
        // What follows does not change what was read.
        let longer = [data, b"NICK ann\r\n"].concat();
        assert_eq!(parse_header(&longer).expect("it is as good as before"), Some(client));
    }
}
