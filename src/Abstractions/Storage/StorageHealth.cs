namespace CoKe.Abstractions.Storage;

/// <summary>Whether the storage of this silo works, for its health page. Thread safe; one per silo.</summary>
public sealed class StorageHealth
{
    volatile string? _current;

    /// <summary>The trouble as one sentence; null when there is none.</summary>
    public string? Current => _current;

    /// <summary>Tells how the last write went.</summary>
    /// <param name="trouble">One sentence; null when it succeeded.</param>
    public void Report(string? trouble) => _current = trouble;
}
