using System.IO.Pipelines;
using System.Net.Security;

namespace CoKe.Access;

/// <summary>A connection's transport with TLS on top.</summary>
sealed class TlsTransport : IDuplexPipe, IAsyncDisposable
{
    const int RecordSize = 16 << 10; // the largest that TLS has: every segment becomes a record of its own

    readonly PipeStream _below;

    public TlsTransport(IDuplexPipe below)
    {
        _below = new PipeStream(below);
        Stream = new SslStream(_below, leaveInnerStreamOpen: true);
        Input = PipeReader.Create(Stream, new StreamPipeReaderOptions(bufferSize: 2 * RecordSize, leaveOpen: true));
        Output = PipeWriter.Create(Stream, new StreamPipeWriterOptions(minimumBufferSize: RecordSize, leaveOpen: true));
    }

    public SslStream Stream { get; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>The first that the peer sent was a frame of ours, not TLS.</summary>
    public bool PeerSpeaksFrames => _below.First == Frame.Mark[0];

    /// <summary>The first that the peer sent was TLS.</summary>
    public bool PeerSpeaksTls => _below.First is Frame.TlsRecord or TlsAlert;

    const byte TlsAlert = 0x15;

    /// <summary>Lets go of TLS; the transport below is its owner's to close.</summary>
    public async ValueTask DisposeAsync()
    {
        // A peer that is gone takes no farewell.
        await Input.CompleteAsync();
        await Output.CompleteAsync(new IOException("The connection is closed."));
        await Stream.DisposeAsync();
    }
}
