//! A load balancer node, toy tasks and a prober, fed with tables by hand instead of a world.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sandbox::clock::Clock;
use aws_sandbox::seam::{
    Action, Condition, GroupView, HealthCheck, ListenerView, NodeHealth, Order, ProtocolVersion, Report,
    RouteTable, RuleView, TargetView, TaskSpec,
};
use aws_sandbox::{balancer, health, tasks};
use bluegreen_provider::traffic::connection::{Answer, Ask, Connection, Unanswered};
use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

pub const PORT: u16 = 8080;
pub const HOST_NAME: &str = "shop.example.com";
/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A loopback address that nobody else is likely to use, on this machine, now.
pub fn address() -> Ipv4Addr {
    let octet = || rand::random_range(2..250);
    Ipv4Addr::new(127, rand::random_range(20..120), octet(), octet())
}

pub struct Stage {
    pub node: Ipv4Addr,
    pub clock: Clock,
    table: watch::Sender<Arc<RouteTable>>,
    orders: mpsc::UnboundedSender<Order>,
    reports: Arc<Mutex<Vec<Report>>>,
    count: watch::Receiver<usize>,
    _stop: DropGuard,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub ip: Ipv4Addr,
}

impl Stage {
    pub fn new(speed: f64) -> Self {
        let (node, clock, stop) = (address(), Clock::new(speed), CancellationToken::new());
        let (table, follow) = watch::channel(Arc::new(RouteTable::default()));
        let (orders, taken) = mpsc::unbounded_channel();
        let (told, mut hear) = mpsc::unbounded_channel();
        let parts = || (clock.clone(), told.clone(), stop.clone());
        let (c, r, s) = parts();
        tokio::spawn(balancer::serve(0, node, follow.clone(), c, r, s));
        let (c, r, s) = parts();
        tokio::spawn(health::check(0, follow, c, r, s));
        let (c, r, s) = parts();
        tokio::spawn(tasks::run(taken, c, r, s));
        let reports: Arc<Mutex<Vec<Report>>> = Arc::default();
        let (counted, count) = watch::channel(0);
        let kept = reports.clone();
        tokio::spawn(async move {
            while let Some(report) = hear.recv().await {
                kept.lock().unwrap().push(report);
                counted.send_modify(|count| *count += 1);
            }
        });
        Self { node, clock, table, orders, reports, count, _stop: stop.drop_guard() }
    }

    /// Starts a task `SERVICE web:REVISION` and waits until it is up.
    pub async fn start(&self, service: &str, revision: u32, environment: &[(&str, &str)]) -> Task {
        let task = Task { id: format!("{:032x}", rand::random::<u128>()), ip: address() };
        let pairs = environment.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        self.order(Order::Start(TaskSpec {
            id: task.id.clone(),
            service: service.to_owned(),
            family: "web".to_owned(),
            revision,
            image: "nginx".to_owned(),
            ip: task.ip,
            ports: vec![PORT],
            environment: pairs.collect::<BTreeMap<_, _>>(),
            stop_timeout: Duration::from_secs(30),
        }));
        let started = Report::Started { task: task.id.clone() };
        self.report(|report| *report == started).await;
        task
    }

    pub fn terminate(&self, task: &Task) {
        self.order(Order::Terminate { task: task.id.clone() });
    }

    pub fn kill(&self, task: &Task) {
        self.order(Order::Kill { task: task.id.clone() });
    }

    fn order(&self, order: Order) {
        self.orders.send(order).unwrap();
    }

    pub async fn exit_code(&self, task: &Task) -> i32 {
        let mine = |report: &Report| matches!(report, Report::Exited { task: id, .. } if *id == task.id);
        match self.report(mine).await {
            Report::Exited { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    /// Gives the node a new table and waits until its listener is there.
    pub async fn route(&self, table: &Table) {
        self.table.send_replace(Arc::new(table.0.clone()));
        for listener in &table.0.listeners {
            let address = (self.node, listener.port);
            let listening = async {
                while TcpStream::connect(address).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(PATIENCE, listening).await.expect("the listener comes up");
        }
    }

    /// The first report of that kind, heard or still to come.
    pub async fn report(&self, wanted: impl Fn(&Report) -> bool) -> Report {
        let mut count = self.count.clone();
        let find = || self.reports.lock().unwrap().iter().find(|report| wanted(report)).cloned();
        let wait = async {
            loop {
                count.borrow_and_update();
                if let Some(report) = find() {
                    return report;
                }
                count.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(report) => report,
            Err(_) => panic!("no such report among {:#?}", self.reports.lock().unwrap()),
        }
    }

    pub fn reports(&self, wanted: impl Fn(&Report) -> bool) -> Vec<Report> {
        self.reports.lock().unwrap().iter().filter(|report| wanted(report)).cloned().collect()
    }

    /// Status and reason of everything the load balancer answered with an error.
    pub fn unserved(&self) -> Vec<(u16, String)> {
        let all = self.reports(|report| matches!(report, Report::Unserved { .. }));
        let detail = |report| match report {
            Report::Unserved { status, reason, .. } => (status, reason),
            other => panic!("{other:?}"),
        };
        all.into_iter().map(detail).collect()
    }

    pub fn front(&self) -> SocketAddr {
        (self.node, PORT).into()
    }

    pub async fn caller(&self) -> Caller {
        self.caller_from(None).await
    }

    pub async fn caller_from(&self, source: Option<IpAddr>) -> Caller {
        Caller { connection: Connection::open(self.front(), source).await.unwrap(), cookie: None }
    }

    /// One request on a connection of its own.
    pub async fn get(&self, path: &str) -> Answer {
        self.caller().await.get(path).await
    }

    /// Sends bytes and reads until the other side closes.
    pub async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.front()).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// An upload that its task has begun to echo: certainly in flight, for as long as one likes.
pub struct Upload(TcpStream);

impl Upload {
    /// Returns once the task's first words came back, with the answer's head.
    pub async fn begin(stage: &Stage) -> (Self, String) {
        let mut stream = TcpStream::connect(stage.front()).await.unwrap();
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
        stream.write_all(format!("{head}\r\n5\r\nbegin\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"begin\r\n") {
            let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut answer)).await.unwrap().unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&answer));
        }
        (Self(stream), String::from_utf8_lossy(&answer).into_owned())
    }

    /// Sends the rest; whether the answer came to its proper end.
    pub async fn finish(mut self) -> bool {
        let _ = self.0.write_all(b"3\r\nend\r\n0\r\n\r\n").await;
        self.ended().await
    }

    /// Waits for the other side to close; whether the answer came to its proper end.
    pub async fn ended(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("an end");
        read.is_ok() && rest.ends_with(b"0\r\n\r\n")
    }
}

/// A client with one connection that it keeps.
pub struct Caller {
    connection: Connection,
    pub cookie: Option<String>,
}

impl Caller {
    pub async fn try_get(&mut self, path: &str) -> Result<Answer, Unanswered> {
        let mut headers = HeaderMap::from_iter([(HOST, HOST_NAME.parse().unwrap())]);
        if let Some(cookie) = &self.cookie {
            headers.insert(COOKIE, cookie.parse().unwrap());
        }
        let ask = Ask { uri: path.parse().unwrap(), headers };
        tokio::time::timeout(PATIENCE, self.connection.get(&ask, false)).await.expect("an answer in time")
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.try_get(path).await.unwrap()
    }

    /// Which service answers.
    pub async fn service(&mut self) -> String {
        self.get("/").await.header("x-service").to_owned()
    }
}

/// A route table under construction: one listener, rules in the order they are added.
#[derive(Clone)]
pub struct Table(pub RouteTable);

impl Table {
    pub fn new() -> Self {
        let listener = ListenerView {
            arn: "listener".into(),
            port: PORT,
            idle_timeout: Duration::from_secs(60),
            tls: None,
            rules: Vec::new(),
        };
        Self(RouteTable { listeners: vec![listener], groups: BTreeMap::new() })
    }

    pub fn group(mut self, arn: &str, targets: &[(&Task, NodeHealth)]) -> Self {
        let (interval, timeout) = (Duration::from_secs(10), Duration::from_secs(5));
        let health_check =
            HealthCheck { path: "/health".into(), port: None, interval, timeout, matcher: vec![(200, 200)] };
        let targets =
            targets.iter().map(|(task, health)| TargetView { ip: task.ip, port: PORT, health: *health });
        let group = GroupView {
            arn: arn.into(),
            health_check,
            version: ProtocolVersion::Http1,
            stickiness: None,
            targets: targets.collect(),
        };
        self.0.groups.insert(arn.to_owned(), group);
        self
    }

    pub fn change(mut self, arn: &str, change: impl FnOnce(&mut GroupView)) -> Self {
        change(self.0.groups.get_mut(arn).unwrap());
        self
    }

    pub fn forward(self, conditions: Vec<Condition>, groups: &[(&str, u32)]) -> Self {
        let groups = groups.iter().map(|(arn, weight)| (arn.to_string(), *weight)).collect();
        self.rule(conditions, Action::Forward { groups, stickiness: None })
    }

    pub fn rule(mut self, conditions: Vec<Condition>, action: Action) -> Self {
        let rules = &mut self.0.listeners[0].rules;
        let arn = format!("rule/{}", rules.len());
        rules.push(RuleView {
            arn,
            priority: None,
            conditions,
            gates: Vec::new(),
            transforms: Vec::new(),
            action,
        });
        self
    }
}
