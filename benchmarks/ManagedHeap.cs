using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace CoKe.Benchmarks;

/// <summary>What another process still uses of its managed heap: asked through the runtime's own event stream, which can demand a full
/// collection.</summary>
static class ManagedHeap
{
    const string Runtime = "Microsoft-Windows-DotNETRuntime";
    const long Collections = 0x1,
        CollectNow = 0x80_0000;

    /// <returns>Bytes that live after a full collection.</returns>
    public static async Task<long> AfterCollectionAsync(int process)
    {
        using var session = await new DiagnosticsClient(process).StartEventPipeSessionAsync(
            [new EventPipeProvider(Runtime, EventLevel.Informational, Collections | CollectNow)],
            requestRundown: false
        );
        using var source = new EventPipeEventSource(session.EventStream);
        var (full, bytes) = (false, 0L);
        source.Clr.GCStart += start => full |= start.Depth == 2;
        source.Clr.GCHeapStats += stats =>
        {
            if (full && bytes == 0)
                bytes = stats.TotalHeapSize; // not of a small collection that came before
        };
        // The collection is over when the session is there; its last events come out when it ends.
        var reading = Task.Run(source.Process);
        await session.StopAsync(CancellationToken.None);
        await reading;
        return bytes > 0 ? bytes : throw new InvalidOperationException($"Process {process} told of no collection.");
    }
}
