using System.Net.Sockets;
using System.Text;

namespace CoKe.Web.Tests.Driving;

/// <summary>Requests byte by byte, for what no client would send.</summary>
static class RawHttp
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Sends a request and reads until the other side closes.</summary>
    /// <param name="door">Where to.</param>
    /// <param name="request">All of it; a connection that stays open is closed by 'Connection: close'.</param>
    /// <param name="hangUp">Tells the end of what is sent.</param>
    /// <returns>The status, 0 if there was no answer, and the answer as text.</returns>
    public static async Task<(int Status, string Text)> SendAsync(Uri door, string request, bool hangUp = false)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var socket = new TcpClient();
        await socket.ConnectAsync(door.Host, door.Port, patience.Token);
        var stream = socket.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
            if (hangUp)
                socket.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // It was cut off; what came before counts.
        }

        var text = Encoding.UTF8.GetString(answer.ToArray());
        return (text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text.AsSpan(9, 3)) : 0, text);
    }

    /// <summary>A GET of a path as it is written.</summary>
    public static Task<(int Status, string Text)> GetAsync(Uri door, string path, string headers = "") =>
        SendAsync(door, $"GET {path} HTTP/1.1\r\nHost: {door.Authority}\r\nConnection: close\r\n{headers}\r\n");
}
