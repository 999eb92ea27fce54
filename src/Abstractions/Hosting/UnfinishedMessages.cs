namespace CoKe.Abstractions.Hosting;

/// <summary>
/// The messages of a port that have begun to come and are not whole. They lie in memory until they are, so whoever sends one without its
/// end is cut off after a while, and where all together are too many, the one that began first: those of trainers are whole in no time.
/// </summary>
/// <param name="time">Tells how long a message takes.</param>
/// <param name="most">Bytes of all of them together.</param>
sealed class UnfinishedMessages(TimeProvider time, long most)
{
    /// <summary>So long any message may take from its first byte to its last; one that takes longer has come at <see cref="LeastRate"/> or
    /// faster.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second. The longest message that Orleans takes has 100 MB.</summary>
    public const int LeastRate = 64 << 10;

    static readonly TimeSpan _s_look = TimeSpan.FromSeconds(5);

    readonly HashSet<Part> _parts = []; // those with bytes; changed under its lock
    long _bytes;
    ITimer? _timer;

    /// <summary>The unfinished message of one more connection.</summary>
    /// <param name="end">Ends the connection for the reason given.</param>
    public Part Open(Action<string> end) => new(this, end);

    /// <summary>What they hold now; for tests.</summary>
    internal long Bytes
    {
        get
        {
            lock (_parts)
                return _bytes;
        }
    }

    void Set(Part part, long bytes, bool isAnother)
    {
        List<Part>? ended = null;
        lock (_parts)
        {
            if (part.IsOver || (bytes == 0 && part.Bytes == 0))
                return;
            _bytes += bytes - part.Bytes;
            if (isAnother || part.Bytes == 0)
                part.Since = time.GetTimestamp();
            part.Bytes = bytes;
            if (bytes == 0)
            {
                _parts.Remove(part);
                return;
            }

            _parts.Add(part);
            _timer ??= time.CreateTimer(_ => EndSlow(), null, _s_look, _s_look);
            while (_bytes > most)
            {
                var oldest = _parts.MinBy(one => one.Since)!;
                Remove(oldest);
                (ended ??= []).Add(oldest);
            }
        }

        foreach (var oldest in ended ?? [])
            oldest.End($"{most >> 20} MiB of messages had begun and were not whole, and its own had begun first; send less at once");
    }

    void EndSlow()
    {
        List<Part> slow;
        lock (_parts)
        {
            slow = [.. _parts.Where(IsSlow)];
            slow.ForEach(Remove);
            if (_parts.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }

        foreach (var part in slow)
            part.End(
                $"its message was not whole after {Patience.TotalSeconds:0} s and came at less than {LeastRate >> 10} KiB a second; "
                    + "see that the network carries more"
            );
    }

    bool IsSlow(Part part) =>
        time.GetElapsedTime(part.Since) is var taken && taken > Patience && part.Bytes < LeastRate * taken.TotalSeconds;

    void Remove(Part part)
    {
        _parts.Remove(part);
        _bytes -= part.Bytes;
        part.IsOver = true;
    }

    /// <summary>The unfinished message of one connection.</summary>
    internal sealed class Part(UnfinishedMessages all, Action<string> end)
    {
        /// <summary>What has come of it. Changed under the lock of all.</summary>
        public long Bytes { get; set; }

        /// <summary>When its first byte came, a timestamp.</summary>
        public long Since { get; set; }

        /// <summary>Whether its connection is being ended.</summary>
        public bool IsOver { get; set; }

        /// <summary>Says what has come of the message.</summary>
        /// <param name="bytes">0: nothing, or the connection is over.</param>
        /// <param name="isAnother">Whether the one that was spoken of before is whole.</param>
        public void Set(long bytes, bool isAnother) => all.Set(this, bytes, isAnother);

        /// <summary>Ends the connection.</summary>
        public void End(string reason) => end(reason);
    }
}
