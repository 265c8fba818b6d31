//! One request and its answer, as the stream that libgit2 wants.

use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response};

use super::super::super::SourceError;
use super::super::context::{Context, Failed};
use super::super::sniff::Sniffer;
use super::{SERVICE, error};

pub(super) fn send(
    context: &Context,
    request: RequestBuilder,
    what: &'static str,
) -> Result<Response, Failed> {
    let limit = context.timeouts().connect + context.timeouts().answer;
    context
        .wait(what, limit, request.send())?
        .map_err(|error| error::sending(context, &error))
}

/// One request and its answer, as a stream: what is written is sent as a whole at the first read.
pub(super) struct Exchange {
    context: Arc<Context>,
    request: Option<RequestBuilder>,
    body: Vec<u8>,
    answer: Option<Answer>,
}

impl Exchange {
    /// A request that is yet to be sent.
    pub(super) fn new(context: Arc<Context>, request: RequestBuilder) -> Self {
        Self {
            context,
            request: Some(request),
            body: Vec::new(),
            answer: None,
        }
    }

    /// A request that has been answered.
    pub(super) fn answered(context: Arc<Context>, response: Response) -> Self {
        Self {
            context,
            request: None,
            body: Vec::new(),
            answer: Some(Answer::new(response)),
        }
    }

    fn answer(&mut self) -> Result<&mut Answer, Failed> {
        if let Some(request) = self.request.take() {
            let request = request
                .header(CONTENT_TYPE, format!("application/x-{SERVICE}-request"))
                .body(std::mem::take(&mut self.body));
            let response = send(&self.context, request, "the objects")?;
            error::check(&self.context, &response, "result")?;
            self.answer = Some(Answer::new(response));
        }
        let context = &self.context;
        self.answer
            .as_mut()
            .ok_or_else(|| context.fail(SourceError::Stopped))
    }
}

impl Read for Exchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let context = self.context.clone();
        let answer = self.answer()?;
        Ok(answer.read(&context, buffer)?)
    }
}

impl Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that arrives piece by piece.
struct Answer {
    response: Response,
    piece: Cursor<Vec<u8>>,
    sniffer: Sniffer,
}

impl Answer {
    fn new(response: Response) -> Self {
        Self {
            response,
            piece: Cursor::default(),
            sniffer: Sniffer::default(),
        }
    }

    fn read(&mut self, context: &Context, buffer: &mut [u8]) -> Result<usize, Failed> {
        loop {
            let count = self
                .piece
                .read(buffer)
                .map_err(|_| context.fail(SourceError::Stopped))?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let next = context
                .wait("more data", context.timeouts().idle, self.response.chunk())?
                .map_err(|error| error::sending(context, &error))?;
            let Some(piece) = next else {
                return Ok(0);
            };
            self.sniffer
                .look(&piece, &context.place())
                .map_err(|error| context.fail(error))?;
            self.piece = Cursor::new(piece.to_vec());
        }
    }
}
