using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;

namespace CoKe.Client;

/// <summary>
/// One trainer's side of a run: pushes mini-batch embeddings onto the run's stream, keeps them until they are durable, and pulls labels and
/// frozen centers of the last committed epoch. Used by one thread at a time; a push waits only when the window is full.
/// </summary>
/// <remarks>Every call takes a token that ends its wait in an <see cref="OperationCanceledException"/>; the session lives on.</remarks>
public sealed class TrainerSession : IAsyncDisposable
{
    readonly TrainerRegistration _registration;
    readonly ClusteringOptions _options;
    readonly int _largestMessage;
    readonly SendWindow _window;
    readonly EpochImages _images;
    readonly TrainerMeter _meter;
    readonly Delivery _delivery;
    readonly SessionReader _reader;
    bool _isFinished;

    internal TrainerSession(SessionWorld world, TrainerRegistration registration, SessionOptions session, Progress progress)
    {
        (_registration, _largestMessage, _meter) = (registration, world.LargestMessage, new TrainerMeter(world.Time));
        _options = registration.Specification.Clustering;
        _window = new SendWindow(session.WindowOr(registration.LeastWindow));
        _images = new EpochImages(_options);
        _window.Begin(progress.Epoch, progress.Attempt);
        _delivery = new Delivery(world, registration, session, _window, _meter, progress);
        _reader = new SessionReader(world, registration, session, _window, _delivery);
    }

    /// <summary>The open epoch; 0 scans the images before training.</summary>
    public int Epoch => Open.Epoch;

    /// <summary>Counts the run's roll-backs to a boundary. When it grows in the middle of an epoch, pushes end in a
    /// <see cref="RolledBackException"/>.</summary>
    public int Attempt => Open.Attempt;

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
    public TimeSpan TimeWaited => _meter.Waited;

    OpenEpoch Open => _window.Open;

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

    /// <summary>Takes a rank in a world that a test or a simulation gives.</summary>
    internal static Task<TrainerSession> OpenAsync(SessionWorld world, string run, int rank, string trainer, SessionOptions options) =>
        new SessionOpening(world, options, CancellationToken.None).OpenAsync(run, rank, trainer);

    /// <summary>Hands over one mini-batch of this rank. Checked before anything is sent; refused input changes nothing.</summary>
    /// <param name="imageIds">r ids, each once per epoch. Handed over: never written again.</param>
    /// <param name="embeddings">r x d, row-major: unit vectors, or plain means over the run's views. Handed over: never written
    /// again.</param>
    /// <param name="cancellation">Gives up waiting for room.</param>
    /// <exception cref="InvalidEmbeddingsException">NaN, infinite or zero rows, norms, dimension, empty batch.</exception>
    /// <exception cref="InvalidImageIdException">Unknown, negative or repeated ids.</exception>
    /// <exception cref="OversizeMessageException">The mini-batch is larger than the stream carries.</exception>
    /// <exception cref="RefusedBatchException">The sequencer refused an earlier message; see <see cref="Replace"/>.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on without a command. Once that was given, the session goes on.</exception>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    /// <exception cref="RunUnreachableException">No silo has answered for a long time.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed, perhaps while the push waited.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was pushed.</exception>
    public async ValueTask PushAsync(int[] imageIds, float[] embeddings, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_window.Failure is { } failure)
            throw failure;
        if (Open.IsEnding || _isFinished)
            throw new InvalidOptionsException(
                "epoch",
                $"{Epoch}",
                _isFinished
                    ? "This trainer has finished: open a new session to feed the run again."
                    : $"Epoch {Epoch} of this trainer is ending: push again after EndEpochAsync."
            );
        AdoptAttempt();
        var message = Checked(Open.Next, imageIds, embeddings);
        await Waiting(_window.WaitForRoomAsync(cancellation));
        _images.Mark(imageIds);
        _window.Add(message);
        _meter.Count(imageIds.Length);
    }

    /// <summary>
    /// Tells of the training, for whoever looks at the run: its status shows this beside the rate, the share of time waited and the host,
    /// which the session knows by itself. Never waits; about once a second the last of it is sent, and lost where it cannot be.
    /// </summary>
    /// <param name="loss">Of the last step; NaN and infinite ones are told as they are. Null: stays as it was told last, as all of
    /// these.</param>
    /// <param name="learningRate">Of the last step, 0 or more.</param>
    /// <param name="lastEpoch">The last epoch that the trainer means to go through, as <see cref="Epoch"/> counts; of it the time left is
    /// computed.</param>
    /// <exception cref="InvalidReportException">Something is out of range; nothing of it is told.</exception>
    public void Report(double? loss = null, double? learningRate = null, int? lastEpoch = null) =>
        _meter.Tell(loss, learningRate, lastEpoch);

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
    /// <param name="cancellation">Gives up waiting. The end may be on its way all the same: call this again to go on
    /// waiting for it.</param>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<EpochReport> EndEpochAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var closing = Epoch;
        AdoptAttempt();
        if (!Open.IsEnding)
        {
            await Waiting(_window.WaitForRoomAsync(cancellation));
            _window.Add(Message(Open.Next, [], [], Open.Next));
        }

        // Called again after a refusal was mended, the end is on its way already, and needs no room: the boundary may be all that is still
        // to come.
        await Waiting(new ValueTask(_delivery.WaitForEpoch(closing + 1, cancellation)));
        // Before the next epoch begins here: whoever gives up waiting for the report may call again, and ends no other epoch.
        var report = await _reader.ReadReportAsync(closing, cancellation);
        _window.Begin(closing + 1, _delivery.Known.Attempt);
        _images.Clear();
        return report;
    }

    /// <summary>The report of a committed epoch.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    public Task<EpochReport> GetEpochReportAsync(int epoch, CancellationToken cancellation = default) =>
        epoch >= 0 && epoch < _delivery.Known.Epoch
            ? _reader.ReadReportAsync(epoch, cancellation)
            : throw new EpochNotReadableException($"run '{Specification.Name}'", epoch, _delivery.Known.Epoch - 1);

    /// <summary>
    /// After a <see cref="RolledBackException"/>: begins the open epoch anew. Everything pushed in it is forgotten; a trainer loads the
    /// state that it saved at the last boundary and pushes the epoch from its first mini-batch.
    /// </summary>
    public void RestartEpoch()
    {
        var progress = _delivery.Known;
        _window.Restart(progress.Epoch, progress.Attempt);
        _images.Clear();
    }

    /// <summary>Takes a newer attempt of which another trainer has heard, before anything of the epoch is pushed; waits until this one
    /// hears of it too.</summary>
    /// <param name="attempt">Exactly this one is taken, even where a newer one is known: the next push tells of that.</param>
    /// <param name="cancellation">Gives up waiting; the session stays in its attempt.</param>
    /// <exception cref="InvalidOptionsException">Something of the epoch was pushed, or the attempt is older than the session's.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="RunUnreachableException">No silo has answered for a long time.</exception>
    public async Task AdoptAsync(int attempt, CancellationToken cancellation = default)
    {
        if (Open.HasBegun || attempt < Attempt)
            throw new InvalidOptionsException(
                "attempt",
                $"{attempt}",
                $"Attempt {attempt} cannot be taken in attempt {Attempt} of epoch {Epoch}: take a newer one, before the epoch's first push."
            );
        await Waiting(new ValueTask(_delivery.WaitForAttempt(attempt, cancellation)));
        _window.Adopt(attempt);
    }

    /// <summary>Labels of the last committed epoch. <see cref="EpochLabels.Epoch"/> says which: after an <see cref="EndEpochAsync"/> that
    /// was given up it may be <see cref="Epoch"/>, which is open for this trainer until that call is repeated.</summary>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public Task<EpochLabels> GetLabelsAsync(ReadOnlyMemory<int> imageIds, CancellationToken cancellation = default) =>
        _reader.ReadLabelsAsync(imageIds, cancellation);

    /// <summary>Frozen centers of the last committed epoch, as in <see cref="GetLabelsAsync"/>: per head K x d unit rows.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    public async Task<IReadOnlyList<float[]>> GetCentersAsync(CancellationToken cancellation = default) =>
        await _reader.ReadCentersAsync(cancellation);

    /// <summary>
    /// Waits until every mini-batch that this rank pushed is clustered, and reads what the open epoch then holds. Uncommitted: a failure
    /// may take it back. For experiments that train against the epoch under way; CoKe itself never waits for a mini-batch.
    /// </summary>
    /// <param name="imageIds">Images that were pushed in this epoch, in any order.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="InvalidOptionsException">Nothing was pushed since the epoch's start, or its end was.</exception>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="RefusedBatchException">The sequencer refused a mini-batch that is waited for.</exception>
    /// <exception cref="RolledBackException">The run was rolled back to the epoch's start; see <see cref="RestartEpoch"/>.</exception>
    public async Task<UncommittedState> ReadUncommittedAsync(ReadOnlyMemory<int> imageIds, CancellationToken cancellation = default)
    {
        if (Open.Next == 0 || Open.IsEnding)
            throw new InvalidOptionsException(
                "epoch",
                $"{Epoch}",
                $"Epoch {Epoch} holds nothing uncommitted of this trainer: push a mini-batch, and read before the epoch's end."
            );
        return await Waiting(_reader.ReadUncommittedAsync(imageIds, cancellation));
    }

    /// <summary>
    /// Says durably that this trainer is done: the run has finished when every rank's is. Nothing can be pushed in this session any more;
    /// a new session of the rank opens the run again. Repeated, it changes nothing.
    /// </summary>
    /// <param name="cancellation">Gives up waiting; it may be noted all the same.</param>
    /// <exception cref="InvalidOptionsException">Something was pushed in the open epoch: end it first.</exception>
    /// <exception cref="FencedTrainerException">A newer session took the rank.</exception>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    public async Task FinishAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_window.Failure is { } failure)
            throw failure;
        if (Open.HasBegun)
            throw new InvalidOptionsException(
                "epoch",
                $"{Epoch}",
                $"Epoch {Epoch} of this trainer has begun: end it by EndEpochAsync, then finish."
            );
        _isFinished = true; // also where the answer is given up: the run may have noted it
        await _reader.FinishAsync(cancellation);
    }

    /// <summary>Stops sending and polling; whoever waits is released with an error. What was not durable is lost with this
    /// object.</summary>
    public ValueTask DisposeAsync() => _delivery.DisposeAsync();

    /// <summary>The run, this trainer's rank, and how far it is.</summary>
    public override string ToString()
    {
        var state =
            _window.Failure is { } failure ? $"stopped: {failure.Message}"
            : Open.IsEnding ? "ending"
            : "open";
        return $"session of run '{Specification.Name}' ({RunId}), rank {_registration.Rank}, generation {Generation}: epoch {Epoch}, "
            + $"attempt {Attempt}, {Open.Next} mini-batches pushed, {state}";
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

    ValueTask Waiting(ValueTask task) => _meter.WaitAsync(task);

    /// <summary>When nothing of the epoch was pushed there is nothing to do again: a newer attempt is taken as it is, on the trainer's own
    /// thread.</summary>
    void AdoptAttempt()
    {
        var known = _delivery.Known;
        if (!KeepsAttempt && !Open.HasBegun && known.Epoch == Epoch)
            _window.Adopt(known.Attempt);
    }
}
