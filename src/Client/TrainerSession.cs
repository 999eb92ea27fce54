using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;

namespace CoKe.Client;

/// <summary>
/// One trainer's side of a run: pushes mini-batch embeddings onto the run's stream, keeps them until they are durable, and pulls labels and
/// frozen centers of the last committed epoch. Used by one thread at a time; a push waits only when the window is full.
/// </summary>
public sealed partial class TrainerSession : IAsyncDisposable
{
    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    readonly TrainerRegistration _registration;
    readonly ClusteringOptions _options;
    readonly ISequencerGrain _sequencer;
    readonly SessionOptions _session;
    readonly SessionSurroundings _surroundings;
    readonly ClusterReader _reader;
    readonly SendWindow _window;
    readonly CancellationTokenSource _end = new();
    readonly EpochImages _images;
    readonly int _largestMessage;
    readonly TimeProvider _time;
    Task _background = Task.CompletedTask;
    Progress _progress;
    TaskCompletionSource _progressed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _next;
    bool _ending;

    TrainerSession(SessionSurroundings surroundings, TrainerRegistration registration, SessionOptions session, Progress progress)
    {
        (_surroundings, _registration, _session, _progress, _time) = (surroundings, registration, session, progress, surroundings.Time);
        _options = registration.Specification.Clustering;
        _sequencer = surroundings.Grains.GetGrain<ISequencerGrain>(registration.RunId);
        _reader = new ClusterReader(surroundings.Grains, registration.RunId, _options, registration.Layout);
        _window = new SendWindow(session.WindowOr(registration.LeastWindow));
        _largestMessage = surroundings.LargestMessage;
        _images = new EpochImages(_options);
        (Epoch, Attempt) = (progress.Epoch, progress.Attempt);
    }

    /// <summary>The open epoch; 0 scans the images before training.</summary>
    public int Epoch { get; private set; }

    /// <summary>Counts the run's roll-backs to a boundary. When it grows in the middle of an epoch, pushes end in a
    /// <see cref="RolledBackException"/>.</summary>
    public int Attempt { get; private set; }

    /// <summary>
    /// Whether <see cref="Attempt"/> stays as it is where nothing of the epoch was pushed yet, too: for trainers that move one model in
    /// step, which change it together by <see cref="AdoptAsync"/>. Else the session takes a newer attempt by itself there. Set before the
    /// first push.
    /// </summary>
    public bool KeepsAttempt { get; set; }

    /// <summary>Counts the trainers that took this rank.</summary>
    public int Generation => _registration.Generation;

    /// <summary>The run's unrepeatable id.</summary>
    public string RunId => _registration.RunId;

    /// <summary>The run as it was created, without its initial centers.</summary>
    public RunSpecification Specification => _registration.Specification;

    /// <summary>How long pushes and boundaries have made the caller wait.</summary>
    public TimeSpan TimeWaited { get; private set; }

    /// <summary>The attempt in which the next push will be.</summary>
    internal int AttemptOfNextPush
    {
        get
        {
            AdoptAttempt();
            return Attempt;
        }
    }

    /// <summary>Sequences of the open epoch below this one are not kept any more.</summary>
    internal long Forgotten => _window.Forgotten;

    /// <summary>Hands over one mini-batch of this rank. Checked before anything is sent; refused input changes nothing.</summary>
    /// <param name="imageIds">r ids, each once per epoch. Handed over: never written again.</param>
    /// <param name="embeddings">r x d, row-major: unit vectors, or plain means over the run's views. Handed over: never written
    /// again.</param>
    /// <exception cref="InvalidEmbeddingsException">NaN, infinite or zero rows, norms, dimension, empty batch.</exception>
    /// <exception cref="InvalidImageIdException">Unknown, negative or repeated ids.</exception>
    /// <exception cref="OversizeMessageException">The mini-batch is larger than the stream carries.</exception>
    /// <exception cref="RefusedBatchException">The sequencer refused an earlier message; see <see cref="Replace"/>.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on without a command. Once that was given, the session goes on.</exception>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    /// <exception cref="RunUnreachableException">No silo has answered for a long time.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed, perhaps while the push waited.</exception>
    public async ValueTask PushAsync(int[] imageIds, float[] embeddings)
    {
        if (_window.Failure is { } failure)
            throw failure;
        if (_ending)
            throw new InvalidOptionsException(
                "epoch",
                $"{Epoch}",
                $"Epoch {Epoch} of this trainer is ending: push again after EndEpochAsync."
            );
        AdoptAttempt();
        var message = Checked(_next, imageIds, embeddings);
        await Waiting(_window.WaitForRoomAsync());
        _images.Mark(imageIds);
        _window.Add(message);
        _next++;
    }

    /// <summary>Puts another mini-batch in the place of one that the sequencer refused.</summary>
    /// <param name="sequence">The refused sequence, from <see cref="RefusedBatchException.Refusal"/>.</param>
    /// <param name="imageIds">As in <see cref="PushAsync"/>.</param>
    /// <param name="embeddings">As in <see cref="PushAsync"/>.</param>
    /// <exception cref="InvalidOptionsException">There is no open refusal of that sequence.</exception>
    public void Replace(long sequence, int[] imageIds, float[] embeddings)
    {
        var refused = _window.Refused(sequence)
            ?? throw new InvalidOptionsException(
                "sequence",
                $"{sequence}",
                $"Sequence {sequence} is not an open refusal of this session: replace only what a RefusedBatchException named."
            );
        _images.Mark(refused.ImageIds.Span, pushed: false);
        try
        {
            _window.Replace(Checked(sequence, imageIds, embeddings));
        }
        catch
        {
            _images.Mark(refused.ImageIds.Span);
            throw;
        }

        _images.Mark(imageIds);
    }

    /// <summary>
    /// Ends this rank's epoch and waits until the boundary is committed, which needs the end of every other rank too. A trainer that wants
    /// to come back after a crash saves its state durably before it calls this.
    /// </summary>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    public async Task<EpochReport> EndEpochAsync()
    {
        var closing = Epoch;
        AdoptAttempt();
        if (!_ending)
        {
            await Waiting(_window.WaitForRoomAsync());
            _ending = true;
            _window.Add(Message(_next, [], [], _next));
        }

        // Called again after a refusal was mended, the end is on its way already, and needs no room: the boundary may be all that is still
        // to come.
        await Waiting(new ValueTask(WaitForEpoch(closing + 1)));
        Begin(closing + 1, Volatile.Read(ref _progress));
        return await GetEpochReportAsync(closing);
    }

    /// <summary>The report of a committed epoch.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    public Task<EpochReport> GetEpochReportAsync(int epoch) =>
        epoch >= 0 && epoch < Epoch
            ? Patiently(() => _sequencer.GetEpochReportAsync(epoch))
            : throw new EpochNotReadableException($"run '{Specification.Name}'", epoch, Epoch - 1);

    /// <summary>
    /// After a <see cref="RolledBackException"/>: begins the open epoch anew. Everything pushed in it is forgotten; a trainer loads the
    /// state that it saved at the last boundary and pushes the epoch from its first mini-batch.
    /// </summary>
    public void RestartEpoch()
    {
        var progress = Volatile.Read(ref _progress);
        _window.Restart();
        Begin(progress.Epoch, progress);
    }

    /// <summary>Takes a newer attempt of which another trainer has heard, before anything of the epoch is pushed; waits until this one
    /// hears of it too.</summary>
    /// <param name="attempt">Exactly this one is taken, even where a newer one is known: the next push tells of that.</param>
    /// <exception cref="InvalidOptionsException">Something of the epoch was pushed, or the attempt is older than the session's.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="RunUnreachableException">No silo has answered for a long time.</exception>
    public async Task AdoptAsync(int attempt)
    {
        if (_next > 0 || _ending || attempt < Attempt)
            throw new InvalidOptionsException(
                "attempt",
                $"{attempt}",
                $"Attempt {attempt} cannot be taken in attempt {Attempt} of epoch {Epoch}: take a newer one, before the epoch's first push."
            );
        await Waiting(new ValueTask(WaitForAttempt(attempt)));
        Attempt = attempt;
    }

    /// <summary>Labels of the last committed epoch.</summary>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public Task<EpochLabels> GetLabelsAsync(ReadOnlyMemory<int> imageIds) => Patiently(() => _reader.ReadLabelsAsync(Committed, imageIds));

    /// <summary>Frozen centers of the last committed epoch: per head K x d unit rows.</summary>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public async Task<IReadOnlyList<float[]>> GetCentersAsync() => await Patiently(() => _reader.ReadCentersAsync(Committed));

    /// <summary>
    /// Waits until every mini-batch that this rank pushed is clustered, and reads what the open epoch then holds. Uncommitted: a failure
    /// may take it back. For experiments that train against the epoch under way; CoKe itself never waits for a mini-batch.
    /// </summary>
    /// <param name="imageIds">Images that were pushed in this epoch, in any order.</param>
    /// <exception cref="InvalidOptionsException">Nothing was pushed since the epoch's start, or its end was.</exception>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="RefusedBatchException">The sequencer refused a mini-batch that is waited for.</exception>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    public async Task<UncommittedState> ReadUncommittedAsync(ReadOnlyMemory<int> imageIds)
    {
        if (_next == 0 || _ending)
            throw new InvalidOptionsException(
                "epoch",
                $"{Epoch}",
                $"Epoch {Epoch} holds nothing uncommitted of this trainer: push a mini-batch, and read before the epoch's end."
            );
        return await Waiting(
            Patiently(async () =>
            {
                var processed = await WaitForProcessed();
                return await _reader.ReadUncommittedAsync(new UncommittedName(processed.Incarnation, processed.Step, Epoch), imageIds);
            })
        );
    }

    /// <summary>Stops sending and polling; whoever waits is released with an error. What was not durable is lost with this
    /// object.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
            return;
        Fail(new ObjectDisposedException(nameof(TrainerSession)));
        _window.Close();
        _end.Cancel();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _end.Dispose();
    }

    EpochName Committed =>
        Epoch > 0
            ? new EpochName(Epoch - 1, Volatile.Read(ref _progress).CommittedIncarnation)
            : throw new EpochNotReadableException($"run '{Specification.Name}'", -1, -1);

    void Begin(int epoch, Progress progress)
    {
        _window.OpenEpoch();
        (Epoch, Attempt, _next, _ending) = (epoch, progress.Attempt, 0, false);
        _images.Clear();
    }

    /// <summary>Asks again while the run recovers: what is committed will be readable again.</summary>
    async Task<T> Patiently<T>(Func<Task<T>> question)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await _surroundings.AskAsync(question);
            }
            catch (Exception e)
                when (Epoch > 0
                    && (PassingErrors.MayPass(e) || e is StaleCallException or EpochNotReadableException)
                    && _time.GetElapsedTime(began) < _session.GiveUpAfter
                )
            {
                if (_window.Failure is { } failure and not RolledBackException)
                    throw failure;
                if (e is StaleCallException or EpochNotReadableException)
                    _sequencer.ReportLostAsync(Volatile.Read(ref _progress).Incarnation).Ignore();
                await Task.Delay(RetryPause, _time);
            }
        }
    }

    MiniBatch Message(long sequence, int[] imageIds, float[] embeddings, long? end) =>
        new(
            _registration.RunId,
            new BatchIdentity(_registration.Rank, Epoch, Attempt, sequence),
            _registration.Generation,
            _options.Views,
            new IntValues(imageIds),
            new FloatValues(embeddings),
            end
        );

    MiniBatch Checked(long sequence, int[] imageIds, float[] embeddings)
    {
        _images.Check(imageIds, embeddings);
        var message = Message(sequence, imageIds, embeddings, null);
        return message.SizeInBytes <= _largestMessage ? message : throw new OversizeMessageException(message.SizeInBytes, _largestMessage);
    }

    async Task<T> Waiting<T>(Task<T> task)
    {
        await Waiting(new ValueTask(task));
        return await task;
    }

    async ValueTask Waiting(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        var started = _time.GetTimestamp();
        try
        {
            await task;
        }
        finally
        {
            TimeWaited += _time.GetElapsedTime(started);
        }
    }

    async Task WaitForEpoch(int epoch)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (Volatile.Read(ref _progress).Epoch >= epoch)
                return; // committed, whatever came after
            if (_window.Failure is { } failure)
                throw failure;
            await progressed;
        }
    }

    async Task WaitForAttempt(int attempt)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (Volatile.Read(ref _progress).Attempt >= attempt)
                return;
            if (_window.Failure is { } failure and not RolledBackException)
                throw failure; // a roll-back is what is waited for
            await progressed;
        }
    }

    async Task<Progress> WaitForProcessed()
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (_window.Failure is { } failure)
                throw failure;
            var known = Volatile.Read(ref _progress);
            if (known.Epoch == Epoch && known.Attempt == Attempt && known.Processed >= _next)
                return known;
            await progressed;
        }
    }

    /// <summary>When nothing of the epoch was pushed there is nothing to do again: a newer attempt is taken as it is, on the trainer's own
    /// thread.</summary>
    void AdoptAttempt()
    {
        var known = Volatile.Read(ref _progress);
        if (!KeepsAttempt && _next == 0 && !_ending && known.Epoch == Epoch)
            Attempt = known.Attempt;
    }

    /// <summary>Wakes whoever waits for progress or failure.</summary>
    void Signal() => Interlocked.Exchange(ref _progressed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    void Fail(Exception failure)
    {
        _window.Fail(failure);
        Signal();
    }
}
