using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Abstractions.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace CoKe.Session;

/// <summary>
/// One trainer's side of a run: pushes mini-batch embeddings onto the run's stream, keeps them until they are durable, and pulls labels and
/// frozen centers of the last committed epoch. Used by one thread at a time; a push waits only when the window is full.
/// </summary>
public sealed class TrainerSession : IAsyncDisposable
{
    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    readonly TrainerRegistration _registration;
    readonly ClusteringOptions _options;
    readonly ISequencerGrain _sequencer;
    readonly IAsyncStream<MiniBatch> _stream;
    readonly SessionOptions _session;
    readonly ClusterReader _reader;
    readonly SendWindow _window;
    readonly CancellationTokenSource _end = new();
    readonly BitArray _seen;
    readonly int _largestMessage;
    readonly ConcurrentDictionary<(BatchIdentity, ulong), bool> _replaced = new();
    Task _background = Task.CompletedTask;
    Progress _progress;
    TaskCompletionSource _progressed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _next;
    long _waited;

    TrainerSession(IClusterClient client, TrainerRegistration registration, IAsyncStream<MiniBatch> stream, SessionOptions session, Progress progress)
    {
        (_registration, _stream, _session, _progress) = (registration, stream, session, progress);
        _options = registration.Specification.Clustering;
        _sequencer = client.GetGrain<ISequencerGrain>(registration.RunId);
        _reader = new ClusterReader(client, registration.RunId, _options);
        _window = new SendWindow(session.Window);
        _largestMessage = client.ServiceProvider.GetRequiredService<IOptions<EmbeddingStreamOptions>>().Value.MaxMessageBytes;
        _seen = new BitArray(_options.ImageCount);
        Epoch = progress.Epoch;
        _next = progress.NextExpected;
    }

    /// <summary>The open epoch; 0 scans the images before training.</summary>
    public int Epoch { get; private set; }

    /// <summary>The run as it was created.</summary>
    public RunSpecification Specification => _registration.Specification;

    /// <summary>How long pushes and boundaries have made the caller wait.</summary>
    public TimeSpan TimeWaited => Stopwatch.GetElapsedTime(0, _waited);

    internal static async Task<TrainerSession> OpenAsync(
        IClusterClient client, TrainerRegistration registration, IAsyncStream<MiniBatch> stream, SessionOptions options)
    {
        var progress = await client.GetGrain<ISequencerGrain>(registration.RunId).PollAsync(registration.Rank, registration.Generation, 0);
        var session = new TrainerSession(client, registration, stream, options, progress);
        session._background = Task.WhenAll([Task.Run(session.Poll), .. Enumerable.Range(0, options.Concurrency).Select(_ => Task.Run(session.Send))]);
        return session;
    }

    /// <summary>Hands over one mini-batch of this rank. Checked before anything is sent; refused input changes nothing.</summary>
    /// <param name="imageIds">r ids, each once per epoch. Handed over: never written again.</param>
    /// <param name="embeddings">r x d, row-major: unit vectors, or plain means over the run's views. Handed over: never written again.</param>
    /// <exception cref="InvalidEmbeddingsException">NaN, infinite or zero rows, norms, dimension, empty batch.</exception>
    /// <exception cref="InvalidImageIdException">Unknown, negative or repeated ids.</exception>
    /// <exception cref="OversizeMessageException">The mini-batch is larger than the stream carries.</exception>
    /// <exception cref="RefusedBatchException">The sequencer refused an earlier message; see <see cref="Replace"/>.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on.</exception>
    public async ValueTask PushAsync(int[] imageIds, float[] embeddings)
    {
        var message = Checked(_next, imageIds, embeddings, replacing: false);
        await Waiting(_window.WaitForRoomAsync());
        foreach (var id in imageIds) _seen[id] = true;
        _window.Add(message);
        _next++;
    }

    /// <summary>Puts another mini-batch in the place of one that the sequencer refused.</summary>
    /// <param name="sequence">The refused sequence, from <see cref="RefusedBatchException.Refusal"/>.</param>
    /// <param name="imageIds">As in <see cref="PushAsync"/>.</param>
    /// <param name="embeddings">As in <see cref="PushAsync"/>.</param>
    public void Replace(long sequence, int[] imageIds, float[] embeddings)
    {
        if (_window.Failure is not RefusedBatchException { Refusal: var refusal } || refusal.Identity.Sequence != sequence)
            throw new InvalidOptionsException("sequence", $"{sequence}", $"Sequence {sequence} is not an open refusal of this session: replace only what a RefusedBatchException named.");
        var message = Checked(sequence, imageIds, embeddings, replacing: true);
        foreach (var id in imageIds) _seen[id] = true;
        _replaced[(refusal.Identity, refusal.ContentHash)] = true;
        _window.Recover();
        _window.Add(message);
    }

    /// <summary>Ends this rank's epoch and waits until the boundary is committed, which needs the end of every other rank too.</summary>
    public async Task<EpochReport> EndEpochAsync()
    {
        var closing = Epoch;
        await Waiting(_window.WaitForRoomAsync());
        _window.Add(Message(_next, [], [], _next));
        await Waiting(new ValueTask(WaitForEpoch(closing + 1)));
        _window.Advance(long.MaxValue);
        (Epoch, _next) = (closing + 1, 0);
        _seen.SetAll(false);
        return await _sequencer.GetEpochReportAsync(closing);
    }

    /// <summary>Labels of the last committed epoch.</summary>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public Task<EpochLabels> GetLabelsAsync(ReadOnlyMemory<int> imageIds) => _reader.ReadLabelsAsync(Committed, imageIds);

    /// <summary>Frozen centers of the last committed epoch: per head K x d unit rows.</summary>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public async Task<IReadOnlyList<float[]>> GetCentersAsync() => await _reader.ReadCentersAsync(Committed);

    /// <summary>Stops sending and polling. What was not durable is lost with this object.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    EpochName Committed => Epoch > 0
        ? new EpochName(Epoch - 1, Volatile.Read(ref _progress).CommittedIncarnation)
        : throw new EpochNotReadableException($"run '{Specification.Name}'", -1, -1);

    MiniBatch Message(long sequence, int[] imageIds, float[] embeddings, long? end) => new(
        _registration.RunId, new BatchIdentity(_registration.Rank, Epoch, _progress.Attempt, sequence), _registration.Generation, _options.Views,
        new IntBlock(imageIds), new FloatBlock(embeddings), end);

    MiniBatch Checked(long sequence, int[] imageIds, float[] embeddings, bool replacing)
    {
        if (!replacing && _window.Failure is { } failure) throw failure;
        EmbeddingCheck.Validate(embeddings, imageIds.Length, _options.Dimension, _options.Views);
        var inBatch = new HashSet<int>(imageIds.Length);
        foreach (var id in imageIds)
        {
            if ((uint)id >= (uint)_options.ImageCount)
                throw new InvalidImageIdException("imageIds", $"{id}", $"Image id {id} is unknown: this run has ids 0 to {_options.ImageCount - 1}.");
            if (!inBatch.Add(id) || (_seen[id] && !replacing))
                throw new InvalidImageIdException("imageIds", $"{id}", $"Image id {id} is repeated: push every image once per epoch.");
        }

        var message = Message(sequence, imageIds, embeddings, null);
        return message.SizeInBytes <= _largestMessage ? message : throw new OversizeMessageException(message.SizeInBytes, _largestMessage);
    }

    async ValueTask Waiting(ValueTask task)
    {
        if (task.IsCompletedSuccessfully) return;
        var started = Stopwatch.GetTimestamp();
        try
        {
            await task;
        }
        finally
        {
            _waited += Stopwatch.GetTimestamp() - started;
        }
    }

    async Task WaitForEpoch(int epoch)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (_window.Failure is { } failure) throw failure;
            if (Volatile.Read(ref _progress).Epoch >= epoch) return;
            await progressed;
        }
    }

    /// <summary>Sends what is due. A message that could not be sent stays in the window and is sent again by the poller's judgment.</summary>
    async Task Send()
    {
        while (await _window.TakeAsync(_end.Token) is { } message)
        {
            try
            {
                await _stream.OnNextAsync(message);
            }
            catch (OversizeMessageException e)
            {
                Fail(e);
            }
            catch (Exception e) when (e is TimeoutException or OrleansException or IOException)
            {
                // The outcome is unknown: the watermark will tell, and the poller resends.
            }
        }
    }

    /// <summary>Learns what is durable; on a new incarnation, or without progress for a time, has everything sent again.</summary>
    async Task Poll()
    {
        long stamp = 0;
        var quietSince = Stopwatch.GetTimestamp();
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var news = await _sequencer.PollAsync(_registration.Rank, _registration.Generation, stamp).WaitAsync(_end.Token);
                var known = Volatile.Read(ref _progress);
                stamp = news.Stamp;
                if (news.Fault is not null) Fail(new RunFaultedException(Specification.Name, news.Fault));
                else if (news.Refusals.FirstOrDefault(r => !_replaced.ContainsKey((r.Identity, r.ContentHash))) is { } refusal) Fail(new RefusedBatchException(refusal));
                if (news.Epoch == Epoch) _window.Advance(news.DurableWatermark);
                var moved = news.Epoch != known.Epoch || news.DurableWatermark != known.DurableWatermark;
                if (moved || _window.IsEmpty) quietSince = Stopwatch.GetTimestamp();
                if (news.Incarnation != known.Incarnation || Stopwatch.GetElapsedTime(quietSince) > _session.ResendAfter)
                {
                    _window.ResendAll();
                    quietSince = Stopwatch.GetTimestamp();
                }

                Publish(news);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (CokeException e)
            {
                Fail(e);
                return;
            }
            catch (Exception e) when (e is TimeoutException or OrleansException or IOException)
            {
                // A silo is away: ask again, a little later. The next answer tells what survived.
                await Task.Delay(RetryPause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    void Publish(Progress news)
    {
        Volatile.Write(ref _progress, news);
        Interlocked.Exchange(ref _progressed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    void Fail(Exception failure)
    {
        _window.Fail(failure);
        Publish(Volatile.Read(ref _progress));
    }
}
