//! A network that can fail: a TCP proxy on loopback between a process and its database.
//!
//! Cut: every connection ends at once, new ones are taken. Frozen: nothing passes in either direction and nobody is
//! told, as when a machine between the two goes away; new connections are taken and get no answer.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// A proxy in front of an address; gone with all its connections when dropped.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    line: Arc<Line>,
    accepting: Option<JoinHandle<()>>,
}

/// What all connections of a proxy share.
#[derive(Default)]
struct Line {
    open: Mutex<Vec<TcpStream>>,
    is_frozen: Mutex<bool>,
    thawed: Condvar,
    is_over: AtomicBool,
}

impl Proxy {
    /// Listens on a free port of loopback and passes everything on to `upstream`.
    pub(crate) fn to(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(Line::default());
        let shared = Arc::clone(&line);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::Acquire) {
                    return;
                }
                let line = Arc::clone(&shared);
                std::thread::spawn(move || line.connect(client, upstream));
            }
        });
        Self { address, line, accepting: Some(accepting) }
    }

    /// Ends every connection.
    pub(crate) fn cut(&self) {
        self.line.open.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }

    /// Lets nothing pass until [`Proxy::thaw`].
    pub(crate) fn freeze(&self) {
        *self.line.is_frozen.lock().unwrap() = true;
    }

    /// Lets everything pass again, what was held back first.
    pub(crate) fn thaw(&self) {
        *self.line.is_frozen.lock().unwrap() = false;
        self.line.thawed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.is_over.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        self.thaw();
        self.cut();
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

impl Line {
    fn connect(self: Arc<Self>, client: TcpStream, upstream: SocketAddr) {
        self.wait_while_frozen();
        let Ok(server) = TcpStream::connect(upstream) else { return };
        let both = (client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone());
        let (Ok(from), Ok(to), Ok(kept_client), Ok(kept_server)) = both else { return };
        // Each statement is an answer to the one before: nothing must wait for more.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        self.open.lock().unwrap().extend([kept_client, kept_server]);
        let line = Arc::clone(&self);
        std::thread::spawn(move || line.pass(server, client));
        self.pass(from, to);
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            self.wait_while_frozen();
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    fn wait_while_frozen(&self) {
        let frozen = self.is_frozen.lock().unwrap();
        drop(self.thawed.wait_while(frozen, |is_frozen| *is_frozen).unwrap());
    }
}

#[test]
fn a_proxy_passes_on_freezes_and_cuts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::to(listener.local_addr().unwrap());
    let mut client = TcpStream::connect(proxy.address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let mut heard = [0; 4];
    client.write_all(b"ping").unwrap();
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"ping");
    proxy.freeze();
    server.write_all(b"pong").unwrap();
    client.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
    assert!(client.read(&mut heard).is_err());
    proxy.thaw();
    client.set_read_timeout(Some(super::DEADLINE)).unwrap();
    client.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"pong");
    proxy.cut();
    assert!(matches!(client.read(&mut heard), Ok(0) | Err(_)));
    assert!(matches!(server.read(&mut heard), Ok(0) | Err(_)));
}
