using System.Collections.Concurrent;
using CoKe.Abstractions;
using CoKe.Grains.Protocol;
using CoKe.Streams;

namespace CoKe.Grains.Runs;

/// <summary>
/// What the streams of a silo that hosts runs carry: mini-batches, each on the stream of its own run, in the queues that are read. Anything
/// else would make queues, consumers and sequencers of runs that do not exist, and keep them.
/// </summary>
sealed class StreamAdmission(IGrainFactory grains, TimeProvider time)
{
    const int MostKnown = 4096;

    readonly ConcurrentDictionary<string, Known> _known = new();

    /// <summary>Refuses what nobody would read; completes when the run is known.</summary>
    /// <exception cref="ArgumentException">The message is no mini-batch on the stream of its run.</exception>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public Task AdmitAsync(StreamMessage message)
    {
        if (message.Payload is not MiniBatch { RunId: { } runId, ImageIds: not null, Embeddings: not null })
            throw new ArgumentException("The embedding streams carry mini-batches with image ids and embeddings.", nameof(message));
        if (!_known.TryGetValue(runId, out var run) || time.GetElapsedTime(run.Seen) >= GrainTimes.RunKnownFor)
            return LookAsync(message, runId);
        if (
            time.GetElapsedTime(run.Seen) >= GrainTimes.RunLookedForAfter
            && _known.TryUpdate(runId, run with { Seen = time.GetTimestamp() }, run)
        )
            _ = ForgetDeletedAsync(runId);
        return Check(message, run);
    }

    async Task LookAsync(StreamMessage message, string runId)
    {
        var name = Keys.RunName(runId);
        if (!RunSpecification.IsName(name))
            throw new UnknownRunException(runId);
        await grains.GetGrain<IRunGrain>(name).DescribeAsync(runId);
        if (_known.Count >= MostKnown)
            _known.Clear(); // they are looked for once more
        await Check(message, _known[runId] = new Known(EmbeddingStreams.OfRun(runId), time.GetTimestamp()));
    }

    // Beside the messages: the run's grain may be on its way from a silo that died.
    async Task ForgetDeletedAsync(string runId)
    {
        try
        {
            await grains.GetGrain<IRunGrain>(Keys.RunName(runId)).DescribeAsync(runId);
        }
        catch (UnknownRunException)
        {
            _known.TryRemove(runId, out _);
        }
        catch (Exception)
        {
            // Nobody knows just now; it is asked again.
        }
    }

    static Task Check(StreamMessage message, Known run) =>
        message.Stream == run.Stream
            ? Task.CompletedTask
            : throw new ArgumentException("A mini-batch goes to the stream of its run and no other.", nameof(message));

    /// <summary>A run that was there.</summary>
    /// <param name="Stream">The only one that it has.</param>
    /// <param name="Seen">When it was looked for, a timestamp.</param>
    sealed record Known(StreamId Stream, long Seen);
}
