//! A server that accepts and then takes its time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

#[derive(Clone, Copy)]
pub enum Manner {
    /// Never answers.
    Silent,
    /// Begins an answer as Git's, and sends a byte now and then, for ever.
    Dripping,
}

pub struct Slow {
    pub port: u16,
    /// Receives something for each request.
    pub asked: Receiver<()>,
}

impl Slow {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let sender = sender.clone();
                std::thread::spawn(move || serve(connection.unwrap(), manner, &sender));
            }
        });
        Self { port, asked }
    }
}

fn serve(mut connection: TcpStream, manner: Manner, asked: &Sender<()>) {
    let mut request = [0; 4096];
    let _ = connection.read(&mut request);
    let _ = asked.send(());
    match manner {
        // Until the other side has enough.
        Manner::Silent => while connection.read(&mut request).is_ok_and(|count| count > 0) {},
        Manner::Dripping => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n\
                        001e# service=git-upload-pack\n0000fff0";
            let mut going = connection.write_all(head.as_bytes()).is_ok();
            while going {
                std::thread::park_timeout(Duration::from_millis(10));
                going = connection.write_all(b"x").is_ok();
            }
        }
    }
}
