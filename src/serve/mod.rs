//! STUB until the ops branch brings the real one.
use std::sync::Arc;
pub async fn serve(
    _listener: tokio::net::TcpListener,
    _status: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    shutdown.await;
    Ok(())
}
