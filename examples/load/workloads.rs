//! What each workload is, in words for the table, and which of its figures are shown.
//!
//! The numbers in these words are those that `scripts/bench` gives the load; the workloads themselves take any.

/// A column of a workload's table.
pub struct Column {
    /// Its name among the figures of a run.
    pub figure: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// How many digits stand behind its point.
    pub digits: usize,
}

const fn column(figure: &'static str, title: &'static str, digits: usize) -> Column {
    Column { figure, title, digits }
}

const DELIVERIES: Column = column("deliveries_per_s", "deliveries/s", 0);
/// What a million lines cost the server.
pub const CPU_PER_MILLION: Column = column("server_cpu_s_per_million", "server CPU s per million", 3);
const JOURNAL_PER_MILLION: Column = column("journal_cpu_s_per_million", "of it the journal's", 3);
const DATABASE_PER_MILLION: Column = column("database_cpu_s_per_million", "database CPU s per million", 3);
const SERVER_PERCENT: Column = column("server_cpu_percent", "server CPU %", 0);
const LOAD_PERCENT: Column = column("load_cpu_percent", "load CPU %", 0);
const DELIVERY_P50: Column = column("delivery_p50_ms", "p50 ms", 2);
const DELIVERY_P99: Column = column("delivery_p99_ms", "p99 ms", 2);
const ECHO_P50: Column = column("echo_p50_ms", "echo p50 ms", 2);
const ECHO_P99: Column = column("echo_p99_ms", "echo p99 ms", 2);
const TOTAL: Column = column("total_s", "all done, s", 3);
/// What one log-in or one page costs the server.
pub const LOGIN_CPU: Column = column("server_cpu_us_each", "server CPU µs each", 0);
const DATABASE_EACH: Column = column("database_cpu_us_each", "database CPU µs each", 0);
/// The server's memory.
pub const RESIDENT: Column = column("server_resident_mib", "resident MiB", 1);
/// How many came up at a time: a setting of the load, and so in no plot.
pub const AT_ONCE: Column = column("at_once", "at a time", 0);

/// How to read the table: who the servers are, and what is not the same for all.
pub const PREFACE: &str = "\
`sqlite` and `mariadb` are chat-server with these databases: every message is on disk before anybody sees it. \
`limit-each` and `limit-joined` are a loop without any protocol that writes each line by itself, or all pending lines of a \
socket at once. `inspircd` and `ngircd` are Debian's. None of these four stores anything.

Each figure is the median of as many runs as its row says. CPU \"per million\" is for a million lines that arrived, the \
senders' own echoes among them; \"each\" is for one log-in or one page. A latency counts from the moment at which a line \
was due, or in a flood was sent, to its arrival.

*At a time* is how many connections came up at once, here and before the work of every other table: 64, and 16 where \
log-ins are measured; but 1,000 for InspIRCd, which lets in once a second all who wait, and 16 for ngircd, which listens \
with a backlog of 10. So how long InspIRCd takes to let people in says little, and what CPU it takes says what it says of \
the others. Where these two show 35 to 50 ms at p99 it is Nagle's algorithm: neither sets `TCP_NODELAY`, and a line that \
follows another one waits until the receiver has acknowledged that. InspIRCd's echoes may each wait for the next line.

";

/// What the table says of a workload.
pub struct Workload {
    /// What its name begins with.
    pub begin: &'static str,
    /// What is done, with the sizes that `scripts/bench` gives it.
    pub what: &'static str,
    /// Which figures are shown.
    pub columns: &'static [Column],
}

/// All of them.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        begin: "flood",
        what: "One channel of as many members as the name says. Four of them send lines of 100 bytes as fast as \
            32 of each on their way allow, for three seconds.",
        columns: &[
            DELIVERIES,
            CPU_PER_MILLION,
            DATABASE_PER_MILLION,
            SERVER_PERCENT,
            LOAD_PERCENT,
            DELIVERY_P50,
            DELIVERY_P99,
        ],
    },
    Workload {
        begin: "paced",
        what: "One channel of a hundred, of whom ten send lines of 100 bytes at a steady rate: 202 lines a \
            second, which is 20,000 deliveries.",
        columns: &[DELIVERIES, CPU_PER_MILLION, JOURNAL_PER_MILLION, DATABASE_PER_MILLION, DELIVERY_P50, DELIVERY_P99],
    },
    Workload {
        begin: "rooms",
        what: "As many channels of ten as the name says. One member of each sends: 2,000 lines a second in all \
            of them together.",
        columns: &[DELIVERIES, CPU_PER_MILLION, JOURNAL_PER_MILLION, DATABASE_PER_MILLION, DELIVERY_P50, DELIVERY_P99],
    },
    Workload {
        begin: "pairs",
        what: "A thousand people in 500 pairs, who answer each other's direct messages at once. The references \
            know no nicks, and pass them on in 500 channels.",
        columns: &[
            column("messages_per_s", "messages/s", 0),
            CPU_PER_MILLION,
            JOURNAL_PER_MILLION,
            DATABASE_PER_MILLION,
            SERVER_PERCENT,
            DELIVERY_P50,
            DELIVERY_P99,
        ],
    },
    Workload {
        begin: "durable",
        what: "Ten channels of ten, and everybody sends as fast as 16 lines on their way allow. A line is \
            acknowledged when its sender's echo arrives: for ours, when it is on disk.",
        columns: &[
            column("echoes_per_s", "acknowledged/s", 0),
            DELIVERIES,
            CPU_PER_MILLION,
            DATABASE_PER_MILLION,
            ECHO_P50,
            ECHO_P99,
        ],
    },
    Workload {
        begin: "echo",
        what: "One channel of ten, in which one sends 200 lines a second and gets them back.",
        columns: &[ECHO_P50, ECHO_P99, DELIVERY_P50, DELIVERY_P99],
    },
    Workload {
        begin: "idle",
        what: "Ten thousand connections, or as many as the name says, by TLS where it says so; each has joined \
            a channel of a hundred and says nothing.",
        columns: &[
            column("resident_kib_per_connection", "KiB a connection", 2),
            RESIDENT,
            column("wake_ups_per_s", "wake-ups/s", 1),
            column("came_up_s", "came up in s", 2),
            AT_ONCE,
        ],
    },
    Workload {
        begin: "logins",
        what: "Two thousand come up one after the other, a few at a time, and join nothing: as guests with NICK \
            and USER, or by a device token (SASL PLAIN), or by SCRAM-SHA-256.",
        columns: &[
            LOGIN_CPU,
            DATABASE_EACH,
            TOTAL,
            AT_ONCE,
            column("login_p50_ms", "p50 ms", 2),
            column("login_p99_ms", "p99 ms", 2),
        ],
    },
    Workload {
        begin: "accounts",
        what: "A thousand log in by token where the record has as many accounts as the name says.",
        columns: &[
            LOGIN_CPU,
            DATABASE_EACH,
            column("login_p50_ms", "p50 ms", 2),
            column("login_p99_ms", "p99 ms", 2),
            RESIDENT,
        ],
    },
    Workload {
        begin: "storm",
        what: "Ten thousand in channels of a hundred are gone, and come back all at once, ours by token. Two \
            others, who were never gone, exchange 100 lines a second meanwhile: theirs are the latencies.",
        columns: &[
            TOTAL,
            LOGIN_CPU,
            column("others_p50_ms", "others' p50 ms", 2),
            column("others_p99_ms", "others' p99 ms", 2),
            RESIDENT,
        ],
    },
    Workload {
        begin: "history",
        what: "A thousand pages of 100 messages, one after the other, from anywhere in one of a hundred \
            channels of a record of as many messages as the name says. Warm, each was asked for before; \
            cold, the system is told before each to forget what it holds of the file.",
        columns: &[
            column("page_p50_ms", "page p50 ms", 2),
            column("page_p99_ms", "page p99 ms", 2),
            LOGIN_CPU,
            DATABASE_EACH,
        ],
    },
    Workload {
        begin: "start",
        what: "From exec to the end of the first log-in, with as many messages in the record as the name says, \
            a hundredth as many accounts and a thousandth as many channels.",
        columns: &[
            column("start_p50_ms", "to the first log-in, ms", 0),
            column("server_cpu_s_each", "server CPU s", 2),
            RESIDENT,
        ],
    },
    Workload {
        begin: "disk",
        what: "Appending 4 KiB to a file and waiting until they are on disk, 500 times.",
        columns: &[column("sync_p50_ms", "fdatasync p50 ms", 2), column("sync_p99_ms", "p99 ms", 2)],
    },
];
