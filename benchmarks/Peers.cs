using System.Text.Json;

namespace CoKe.Benchmarks;

/// <summary>Times PyTorch and others mini-batch by mini-batch, where Debian's python3-torch is present.</summary>
/// <param name="script">Another script than the one beside these benchmarks.</param>
sealed class Peers(FileInfo? script)
{
    /// <summary>The script that is run unless another is named.</summary>
    public const string DefaultScript = "mini_batch.py";

    /// <summary>Milliseconds per mini-batch by head set and peer; null where the script or python3-torch is missing.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double?>>? Measure(params string[] heads) =>
        PeerScript
            .Run(script?.FullName ?? PeerScript.Of(DefaultScript), heads.SelectMany(spec => new[] { "--heads", spec }))
            ?.GetProperty("rows")
            .EnumerateObject()
            .ToDictionary(
                row => row.Name,
                row =>
                    (IReadOnlyDictionary<string, double?>)
                        row
                            .Value.EnumerateObject()
                            .ToDictionary(
                                peer => peer.Name,
                                peer => peer.Value.ValueKind == JsonValueKind.Null ? (double?)null : peer.Value.GetDouble()
                            )
            );
}
