namespace CoKe.Grains.Protocol;

/// <summary>
/// The memory in which the runs of a silo keep messages that came before their turn, beyond what every rank may keep anyway. What finds no
/// room is dropped, and sent again by its trainer.
/// </summary>
/// <param name="most">Bytes of all runs together.</param>
sealed class ReorderRoom(long most)
{
    long _taken;

    /// <summary>Bytes that are taken.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Whether there is room for so many bytes more.</summary>
    public bool Has(long bytes) => Taken + bytes <= most;

    /// <summary>Takes bytes, or gives them back where the number is negative.</summary>
    public void Change(long bytes)
    {
        if (bytes != 0)
            Interlocked.Add(ref _taken, bytes);
    }
}
