using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>Reports of committed epochs, read from their rows once: what is committed never changes.</summary>
/// <param name="rows">Where they are stored.</param>
sealed class KnownReports(ReportRows rows)
{
    /// <summary>Of an epoch and head a report takes some 300 bytes.</summary>
    const int MostKept = 4_096;

    const int ReadsAtOnce = 16;

    readonly Dictionary<int, EpochReport> _known = [];

    /// <summary>Refuses a question that makes no sense, or is too large.</summary>
    /// <exception cref="InvalidOptionsException">Names what is out of range.</exception>
    public static void Check(int first, int count)
    {
        if (first < 0)
            throw new InvalidOptionsException("first", $"{first}", $"first is {first}: epochs count from 0.");
        if (count is < 1 or > ISequencerGrain.MostReports)
            throw new InvalidOptionsException(
                "count",
                $"{count}",
                $"count is {count}: ask for 1 to {ISequencerGrain.MostReports} reports."
            );
    }

    /// <summary>The reports of some epochs.</summary>
    /// <param name="first">The first.</param>
    /// <param name="end">Beyond the last; committed up to there.</param>
    /// <exception cref="DamagedSnapshotException">One is missing or damaged.</exception>
    public async Task<IReadOnlyList<EpochReport>> ReadAsync(int first, int end)
    {
        if (first >= end)
            return [];
        return await AtOnce.RunAsync(ReadsAtOnce, end - first, i => ReadAsync(first + i));
    }

    async Task<EpochReport> ReadAsync(int epoch)
    {
        if (_known.TryGetValue(epoch, out var known))
            return known;
        var report = await rows.ReadAsync(epoch);
        if (_known.Count >= MostKept)
            _known.Clear(); // they are read once more
        return _known[epoch] = report;
    }
}
