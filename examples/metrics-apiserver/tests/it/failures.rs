//! What happens when Prometheus fails, and when the server is told to end.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use serde_json::Value;

use crate::ports::{free_addresses, wait_for};
use crate::program::Program;
use crate::wait::{self, PATIENCE};

const DEPLOYMENTS: &str = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments";
const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 63\r\nconnection: close\r\n\r\n\
                     {\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";

/// Something that answers every request so, after it has done something else.
fn pretended_prometheus(
    answer: &'static str,
    before: impl Fn() + Send + Sync + 'static,
) -> SocketAddr {
    let before = Arc::new(before);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let before = Arc::clone(&before);
            thread::spawn(move || {
                let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
                while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                before();
                stream.write_all(answer.as_bytes())
            });
        }
    });
    address
}

fn start(prometheus: SocketAddr) -> (Program, SocketAddr) {
    let [address] = free_addresses();
    let mut command = Command::new(env!("CARGO_BIN_EXE_smi-metrics-apiserver"));
    command.arg(address.to_string()).arg("--prometheus").arg(format!("http://{prometheus}"));
    let program = Program::start(&mut command);
    wait_for(address, || ());
    (program, address)
}

/// The code of HTTP and what there is.
fn get(address: SocketAddr, path: &str) -> (u16, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let mut answer = agent.get(format!("http://{address}{path}")).call().unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap())
}

#[test]
fn whatever_prometheus_does_wrong_is_a_status_and_no_empty_list() {
    let answers = [
        "",
        "no HTTP at all",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"status\":",
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops",
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 57\r\n\r\n\
         {\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"secret\"}",
    ];
    let [nobody] = free_addresses();
    let mut pretended: Vec<_> =
        answers.iter().map(|answer| pretended_prometheus(answer, || ())).collect();
    pretended.push(nobody);
    for prometheus in &pretended {
        let (program, address) = start(*prometheus);
        for path in [DEPLOYMENTS.to_owned(), format!("{DEPLOYMENTS}/cart")] {
            let (code, status) = get(address, &path);
            assert_eq!((code, &status["code"]), (503, &Value::from(503)), "{status}");
            assert_eq!(
                (&status["kind"], &status["reason"]),
                (&"Status".into(), &"ServiceUnavailable".into())
            );
            assert!(!status.to_string().contains("secret"), "{status}");
        }
        // Whoever runs it is told what it was.
        program.wait_for("Prometheus: ");
        // What needs no Prometheus goes on.
        assert_eq!(get(address, "/apis").0, 200);
    }
    println!("{} ways to fail, each a Status with code 503", pretended.len());
}

#[test]
fn a_request_that_is_there_at_sigterm_is_answered() {
    let (asked, questions) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let prometheus = pretended_prometheus(EMPTY, move || {
        // Whether anybody listens is not its business.
        let _ = asked.send(());
        let _ = released.lock().unwrap().recv();
    });
    let (mut program, address) = start(prometheus);
    let asked = thread::spawn(move || get(address, DEPLOYMENTS));
    questions.recv_timeout(PATIENCE).expect("it asks Prometheus");
    program.terminate();
    wait::until("it takes no more connections", || TcpStream::connect(address).is_err());
    assert!(!asked.is_finished(), "there is no request to be answered");
    drop(release);
    let (code, list) = asked.join().unwrap();
    let status = program.ended();
    assert!(status.success(), "{status}");
    assert_eq!((code, &list["kind"]), (200, &"TrafficMetricsList".into()));
    println!("answered after SIGTERM with {code}, then {status}");
}
