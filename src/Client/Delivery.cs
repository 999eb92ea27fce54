using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>What a session does beside its trainer: it sends what is due, asks what is durable, and tells whoever waits for
/// that.</summary>
sealed class Delivery : IAsyncDisposable
{
    readonly SessionWorld _world;
    readonly TrainerRegistration _registration;
    readonly ISequencerGrain _sequencer;
    readonly SessionOptions _session;
    readonly SendWindow _window;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _end = new();
    readonly Task _background;
    Progress _progress;
    TaskCompletionSource _progressed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to send and to ask.</summary>
    /// <param name="world">What it sees of the world.</param>
    /// <param name="registration">The rank that was taken.</param>
    /// <param name="session">How to pace and repeat.</param>
    /// <param name="window">What to send.</param>
    /// <param name="meter">What the trainer tells of itself.</param>
    /// <param name="progress">What was heard first.</param>
    public Delivery(
        SessionWorld world,
        TrainerRegistration registration,
        SessionOptions session,
        SendWindow window,
        TrainerMeter meter,
        Progress progress
    )
    {
        (_world, _registration, _session, _window) = (world, registration, session, window);
        (_progress, _time) = (progress, world.Time);
        _sequencer = world.Grains.GetGrain<ISequencerGrain>(registration.RunId);
        var reports = new TrainerReports(world, registration, meter);
        _background = Task.WhenAll([
            Run(Poll),
            Run(() => reports.SendAsync(_end.Token)),
            .. Enumerable.Range(0, session.Concurrency).Select(_ => Run(Send)),
        ]);
        Task Run(Func<Task> loop) =>
            Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, world.Scheduler).Unwrap();
    }

    /// <summary>What was heard last.</summary>
    public Progress Known => Volatile.Read(ref _progress);

    /// <summary>Waits until an epoch is open, so that the one before is committed.</summary>
    public async Task WaitForEpoch(int epoch, CancellationToken cancellation)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (Known.Epoch >= epoch)
                return; // committed, whatever came after
            if (_window.Failure is { } failure)
                throw failure;
            await progressed.WaitAsync(cancellation);
        }
    }

    /// <summary>Waits until an attempt, or a later one, is heard of.</summary>
    public async Task WaitForAttempt(int attempt, CancellationToken cancellation)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (Known.Attempt >= attempt)
                return;
            if (_window.Failure is { } failure and not RolledBackException)
                throw failure; // a roll-back is what is waited for
            await progressed.WaitAsync(cancellation);
        }
    }

    /// <summary>Waits until every mini-batch that the trainer pushed in the open epoch is processed.</summary>
    public async Task<Progress> WaitForProcessed(CancellationToken cancellation)
    {
        while (true)
        {
            var progressed = Volatile.Read(ref _progressed).Task;
            if (_window.Failure is { } failure)
                throw failure;
            var (known, open) = (Known, _window.Open);
            if (known.Epoch == open.Epoch && known.Attempt == open.Attempt && known.Processed >= open.Next)
                return known;
            await progressed.WaitAsync(cancellation);
        }
    }

    /// <summary>Stops; whoever waits is released with an error.</summary>
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

    /// <summary>Sends what is due. A message that could not be sent stays in the window and is sent again by the poller's
    /// judgment.</summary>
    async Task Send()
    {
        while (await _window.TakeAsync() is { } message)
        {
            try
            {
                await _world.AskAsync(() => SendAsync(message)).WaitOrIgnoreAsync(_end.Token);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (PassingErrors.MayPass(e))
            {
                // The outcome is unknown: the watermark will tell, and the poller resends.
            }
            catch (Exception e)
            {
                Fail(e); // nobody awaits this task before the session is disposed
            }
        }
    }

    async Task<bool> SendAsync(MiniBatch message)
    {
        await _world.Send(message);
        return true;
    }

    /// <summary>Learns what is durable; on a new incarnation, or without progress for a time, has everything sent again.</summary>
    async Task Poll()
    {
        long stamp = 0;
        var quietSince = _time.GetTimestamp();
        var heard = quietSince;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var news = await _world
                    .AskAsync(() => _sequencer.PollAsync(_registration.Rank, _registration.Generation, stamp))
                    .WaitOrIgnoreAsync(_end.Token);
                var known = Volatile.Read(ref _progress);
                stamp = news.Stamp;
                heard = _time.GetTimestamp();
                Volatile.Write(ref _progress, news);
                _window.Mend();
                _window.Refuse(news.Refusals);
                _window.Follow(news, _registration.Specification.Name);
                var moved =
                    news.Epoch != known.Epoch || news.DurableWatermark != known.DurableWatermark || news.NextExpected > known.NextExpected;
                if (moved || _window.IsEmpty)
                    quietSince = _time.GetTimestamp();
                if (news.Incarnation != known.Incarnation || _time.GetElapsedTime(quietSince) > _session.ResendAfter)
                {
                    _window.ResendAll();
                    quietSince = _time.GetTimestamp();
                }

                Signal();
            }
            catch (Exception e) when (e is RunRecoveringException or RunFaultedException)
            {
                heard = _time.GetTimestamp(); // a silo answers: the run comes back, by itself or by a command
                if (e is RunFaultedException)
                    Fail(e);
                await Task.Delay(ClientTimes.Pause, _time, _end.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (PassingErrors.MayPass(e))
            {
                // A silo is away: ask again, a little later. The next answer tells what survived.
                if (_time.GetElapsedTime(heard) is var silence && silence > _session.GiveUpAfter)
                {
                    Fail(new RunUnreachableException(_registration.Specification.Name, silence, e));
                    return;
                }

                await Task.Delay(ClientTimes.Pause, _time, _end.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception e)
            {
                Fail(e); // a fence, a lost run, or something nobody thought of: the trainer must hear of it
                return;
            }
        }
    }

    /// <summary>Wakes whoever waits for progress or failure.</summary>
    void Signal() => Interlocked.Exchange(ref _progressed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    void Fail(Exception failure)
    {
        _window.Fail(failure);
        Signal();
    }
}
