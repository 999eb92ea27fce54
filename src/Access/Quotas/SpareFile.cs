using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace CoKe.Access.Quotas;

/// <summary>
/// An open file that is given up when the process has no other left: with it the next caller can be accepted, and sent away, instead of being
/// announced again and again. Used by one thread at a time.
/// </summary>
internal sealed partial class SpareFile(string port, ILogger log, TimeProvider time) : IDisposable
{
    // How long accepting rests when not even that helps, so that it does not take a processor.
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    readonly RefusalCount _count = new();
    SafeFileHandle? _file = Open();

    /// <summary>Accepts one caller and closes the connection, or rests; returns when accepting may be tried again.</summary>
    /// <param name="listening">The port.</param>
    /// <param name="error">Why accepting failed.</param>
    /// <param name="isRelieved">A file was freed already: nobody need be sent away.</param>
    /// <param name="cancellation">Ends the rest.</param>
    public async ValueTask TurnAwayAsync(Socket listening, SocketException error, bool isRelieved, CancellationToken cancellation)
    {
        if (_count.IsWorthALine(out var count)) LogFailed(log, count, port, error.Message.TrimEnd('.'));
        if (isRelieved) return;
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            try
            {
                if (listening.Poll(0, SelectMode.SelectRead)) (await listening.AcceptAsync(cancellation)).Close(0);
                return;
            }
            catch (SocketException)
            {
                // Another took the file.
            }
            finally
            {
                _file = Open();
            }
        }

        await Task.Delay(Rest, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file ??= Open();
    }

    public void Dispose() => _file?.Dispose();

    static SafeFileHandle? Open()
    {
        try
        {
            return File.OpenHandle("/dev/null");
        }
        catch (IOException)
        {
            return null; // there is none to spare now
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{count} times so far no connection to the {port} port could be accepted, the last time: {reason}. Raise 'ulimit -n', or lower the limits of connections.")]
    static partial void LogFailed(ILogger log, long count, string port, string reason);
}
