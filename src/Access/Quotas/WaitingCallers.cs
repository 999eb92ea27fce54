using System.Buffers.Binary;
using System.Net.Sockets;

namespace CoKe.Access.Quotas;

/// <summary>
/// The system's queue of callers that were not accepted yet. It costs the process no file, so it is where callers wait when their number
/// presses: each then has time to say its first word, by which it outlives the silent. It must not get full: whom the system turns away
/// tries again, by itself, after a second, three, and seven.
/// </summary>
sealed class WaitingCallers(Socket listening)
{
    /// <summary>How long the queue may get; the system may allow less.</summary>
    public const int Most = 4096;

    /// <summary>How often it is looked at.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    const int RipeAfter = 25; // steps
    const double Fullest = 0.7; // of the queue's length; the rest is for those that come within a step

    readonly Queue<int> _arrived = new(); // in each of the last steps
    int _waiting; // after the last step

    // struct tcp_info of Linux: what is the unacknowledged of others is, of a listening socket, how many wait, and may wait.
    const int Tcp = 6,
        TcpInfo = 11,
        Now = 24,
        Longest = 28;

    /// <summary>Counts those that came in this step.</summary>
    /// <returns>How many are to be accepted: those that have waited for long enough, and what the queue cannot hold.</returns>
    public int TakeRipe()
    {
        var (waiting, most) = Look();
        _arrived.Enqueue(Math.Max(0, waiting - _waiting));
        while (_arrived.Count > RipeAfter)
            _arrived.Dequeue();
        var ripe = Math.Max(0, Math.Max(waiting - _arrived.Sum(), waiting - (int)(Fullest * most)));
        _waiting = waiting - ripe;
        return ripe;
    }

    // Where the system does not tell, all that may wait.
    (int Waiting, int Most) Look()
    {
        Span<byte> info = stackalloc byte[Longest + sizeof(int)];
        return OperatingSystem.IsLinux() && listening.GetRawSocketOption(Tcp, TcpInfo, info) == info.Length
            ? (BinaryPrimitives.ReadInt32LittleEndian(info[Now..]), BinaryPrimitives.ReadInt32LittleEndian(info[Longest..]))
            : (Most, Most);
    }
}
