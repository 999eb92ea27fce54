using CoKe.Web.Problems;

namespace CoKe.Web.Arrays;

/// <summary>
/// What bodies and answers may take of the memory. Mini-batches have a room of their own: no question, however large or slow, keeps a
/// trainer waiting.
/// </summary>
/// <param name="bytes">Of all together.</param>
sealed class BodyRooms(long bytes)
{
    /// <summary>Of mini-batches.</summary>
    public BodyRoom Batches { get; } = new(bytes / 2);

    /// <summary>Of everything else.</summary>
    public BodyRoom Questions { get; } = new(bytes / 2);
}

/// <summary>How much of the memory bodies take at once, over all connections.</summary>
/// <param name="bytes">The most.</param>
sealed class BodyRoom(long bytes)
{
    long _taken;

    /// <summary>Takes room for a body; it is given back when the result is disposed.</summary>
    /// <exception cref="TooBusyException">There is none just now.</exception>
    /// <exception cref="OversizeBodyException">There never is.</exception>
    public IDisposable Take(long length)
    {
        if (length > bytes)
            throw new OversizeBodyException(length, bytes);
        if (Interlocked.Add(ref _taken, length) <= bytes)
            return new Place(this, length);
        Interlocked.Add(ref _taken, -length);
        throw new TooBusyException($"The silo holds {bytes >> 20} MB of bodies, and takes no more at once: ask again a little later.");
    }

    sealed class Place(BodyRoom room, long length) : IDisposable
    {
        int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
                Interlocked.Add(ref room._taken, -length);
        }
    }
}
