namespace CoKe.Abstractions;

/// <summary>
/// The addresses of a run's grains, in one place. A <c>runId</c> is never used again, also after a run of that name was deleted, so no key
/// of an old run can reach a grain of a new one.
/// </summary>
public static class Keys
{
    /// <summary>Key of the one <see cref="IRunCatalogGrain"/>.</summary>
    public const string Catalog = "runs";

    /// <summary>Key of a scorer: <c>run/place</c>.</summary>
    public static string Scorer(string runId, int place) => $"{runId}/{place}";

    /// <summary>Key of a cluster: <c>run/head/k</c>.</summary>
    public static string Cluster(string runId, int head, int cluster) => $"{runId}/{head}/{cluster}";

    /// <summary>Key of a block of clusters: <c>run/head/block</c>.</summary>
    public static string Block(string runId, int head, int block) => $"{runId}/{head}/{block}";

    /// <summary>Key of an image shard: <c>run/shard</c>.</summary>
    public static string Shard(string runId, int shard) => $"{runId}/{shard}";

    /// <summary>The id of the run that the key of a grain begins with. Its name may have both signs, what makes it unrepeatable has
    /// neither.</summary>
    public static string RunId(string key) => key.IndexOf('/', Math.Max(0, key.LastIndexOf('~'))) is >= 0 and var end ? key[..end] : key;

    /// <summary>The name of a run of that id, which has a suffix that makes it unrepeatable; an id without one is nobody's, and stands for
    /// itself.</summary>
    public static string RunName(string runId) => runId.LastIndexOf('~') is > 0 and var end ? runId[..end] : runId;

    /// <summary>Splits <c>run/head/index</c>, the key of a cluster or a block.</summary>
    /// <exception cref="FormatException">The key is not of that form.</exception>
    public static (string RunId, int Head, int Index) SplitThree(string key)
    {
        var last = key.LastIndexOf('/');
        var (runId, head) = SplitTwo(key[..Math.Max(last, 0)]);
        return (runId, head, int.Parse(key.AsSpan(last + 1)));
    }

    /// <summary>Splits <c>run/index</c>, the key of a scorer or a shard.</summary>
    /// <exception cref="FormatException">The key is not of that form.</exception>
    public static (string RunId, int Index) SplitTwo(string key)
    {
        var last = key.LastIndexOf('/');
        return last > 0
            ? (key[..last], int.Parse(key.AsSpan(last + 1)))
            : throw new FormatException($"'{key}' is not a grain key of the form run/index.");
    }
}
