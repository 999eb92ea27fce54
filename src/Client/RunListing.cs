using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>One run of a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">The run, or null when it could not be asked.</param>
/// <param name="Trouble">Null, or why it could not be asked.</param>
public sealed record RunListing(string Name, RunStatus? Status, string? Trouble)
{
    /// <inheritdoc/>
    public override string ToString() => Status is null ? $"run '{Name}': {Trouble}" : $"{Status}";
}
