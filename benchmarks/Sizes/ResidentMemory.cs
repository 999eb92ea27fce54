namespace CoKe.Benchmarks.Sizes;

/// <summary>What this process holds of the machine's memory, and the most that it held meanwhile: managed, native, and the runtime's
/// own.</summary>
static class ResidentMemory
{
    /// <summary>The variables with which a process gives back soon what it no longer uses, so that its peak is what was needed.</summary>
    public static IReadOnlyDictionary<string, string> FrugalRuntime { get; } =
        new Dictionary<string, string>
        {
            ["DOTNET_GCgen0size"] = "0x200000",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_GCConserveMemory"] = "5",
        };

    /// <summary>Bytes now, after all garbage is gone; the peak is counted from here.</summary>
    public static long Settle()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak becomes what is held now
        return Read("VmRSS:");
    }

    /// <summary>The most bytes since then.</summary>
    public static long Peak() => Read("VmHWM:");

    static long Read(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1]);
    }
}
