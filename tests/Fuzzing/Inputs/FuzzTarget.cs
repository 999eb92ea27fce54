namespace CoKe.Fuzzing.Inputs;

/// <summary>One reader of what others wrote, and inputs to begin with.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Seeds">Inputs that it reads, small ones: others are made of them.</param>
/// <param name="Read">
/// Reads one, and tells in a few words what came of it. Refusals are a <see cref="CoKe.Errors.CokeException"/>, or what
/// <see cref="MayThrow"/> names.
/// </param>
sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], string> Read)
{
    /// <summary>Inputs that are read as they are, once: what no change of a valid input comes upon.</summary>
    public IReadOnlyList<byte[]> Hostile { get; init; } = [];

    /// <summary>Makes a changed input pass the outermost check of its format, such as a checksum; null: there is none.</summary>
    public Func<byte[], byte[]>? Seal { get; init; }

    /// <summary>The other exceptions that its callers turn into a sentence; null: none.</summary>
    public Func<Exception, bool>? MayThrow { get; init; }

    /// <summary>What it reads with, which ends with it; null: nothing that outlives an input.</summary>
    public IDisposable? Owned { get; init; }

    /// <summary>Inputs in a minute's run of all.</summary>
    public int Iterations { get; init; } = 3_000;

    /// <summary>Bytes of managed memory that an input may take, whatever its length.</summary>
    public long BytesAllowed { get; init; } = 64 << 20;

    /// <summary>The same, for each of its bytes.</summary>
    public long BytesPerByte { get; init; } = 50;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
