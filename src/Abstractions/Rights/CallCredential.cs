namespace CoKe.Abstractions.Rights;

/// <summary>
/// What a call carries in its request context to prove its right: a key that only those with the right can know. It serves one call: who
/// receives it takes the key out, because Orleans sends the context of a call back with its answer, and that may go to somebody else.
/// A process's own is the exception: calls that stay in the process pass the very object, which nobody can send, and the answer goes to the
/// process.
/// </summary>
[GenerateSerializer, Immutable, Alias("coke.credential")]
public sealed class CallCredential
{
    // The context's, in every silo and client.
    const string Name = "coke.credential";

    [Id(0)]
    byte[]? _key;

    /// <summary>One to be attached and received.</summary>
    public CallCredential() { }

    /// <summary>A process's own.</summary>
    /// <param name="key">The key. Nobody writes to it.</param>
    public CallCredential(byte[] key) => _key = key;

    /// <summary>Gives the calls of the present flow a credential, in place of any that it was called with itself.</summary>
    /// <param name="key">The key, or null to take away what is there. Nobody writes to it.</param>
    public static void Attach(byte[]? key)
    {
        if (key is null)
            RequestContext.Remove(Name);
        else
            RequestContext.Set(Name, new CallCredential { _key = key });
    }

    /// <summary>Gives the calls of the present flow a process's own credential; costs nothing where they have it already.</summary>
    public static void Attach(CallCredential own)
    {
        if (!IsThere(own))
            RequestContext.Set(Name, own);
    }

    /// <summary>Whether the present flow has a process's own credential. It stays there, for what the call leads to.</summary>
    public static bool IsThere(CallCredential own) => ReferenceEquals(RequestContext.Get(Name), own);

    /// <summary>Takes the key of the call that is being received.</summary>
    /// <returns>Null: it carried none, or it was taken.</returns>
    public static byte[]? Take() =>
        RequestContext.Get(Name) is CallCredential credential ? Interlocked.Exchange(ref credential._key, null) : null;

    /// <summary>Never the key.</summary>
    public override string ToString() => "(hidden)";
}
