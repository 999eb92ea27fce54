using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace CoKe.Access.Quotas;

/// <summary>
/// An open file that is given up when the process has no other left: with it the next caller can be accepted, and sent away, instead of
/// being announced again and again. Used by one thread at a time.
/// </summary>
sealed class SpareFile(TimeProvider time) : IDisposable
{
    SafeFileHandle? _file = Open();

    /// <summary>Accepts one caller and closes the connection, or rests; returns when accepting may be tried again.</summary>
    /// <param name="listening">The port.</param>
    /// <param name="cancellation">Ends the rest.</param>
    public async ValueTask TurnAwayAsync(Socket listening, CancellationToken cancellation)
    {
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            try
            {
                if (listening.Poll(0, SelectMode.SelectRead))
                    (await listening.AcceptAsync(cancellation)).Close(0);
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

        await Task.Delay(ConnectionTimes.Rest, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
}
