using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>What a session does beside its trainer: it sends what is due, and asks what is durable.</summary>
public sealed partial class TrainerSession
{
    /// <summary>Sends what is due. A message that could not be sent stays in the window and is sent again by the poller's
    /// judgment.</summary>
    async Task Send()
    {
        while (await _window.TakeAsync() is { } message)
        {
            try
            {
                await _surroundings.AskAsync(() => SendAsync(message)).WaitAsync(_end.Token);
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
        await _surroundings.Send(message);
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
                var news = await _surroundings
                    .AskAsync(() => _sequencer.PollAsync(_registration.Rank, _registration.Generation, stamp))
                    .WaitAsync(_end.Token);
                var known = Volatile.Read(ref _progress);
                stamp = news.Stamp;
                heard = _time.GetTimestamp();
                Volatile.Write(ref _progress, news);
                _window.Mend();
                _window.Refuse(news.Refusals);
                Follow(news);
                var moved = news.Epoch != known.Epoch || news.DurableWatermark != known.DurableWatermark;
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
                await Task.Delay(RetryPause, _time, _end.Token)
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
                    Fail(new RunUnreachableException(Specification.Name, silence, e));
                    return;
                }

                await Task.Delay(RetryPause, _time, _end.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception e)
            {
                Fail(e); // a fence, a lost run, or something nobody thought of: the trainer must hear of it
                return;
            }
        }
    }

    /// <summary>What is durable of the open epoch, or that it was rolled back.</summary>
    void Follow(Progress news)
    {
        if (news.Epoch != Epoch)
            return;
        if (news.Attempt == Attempt)
            _window.Advance(news.DurableWatermark);
        else if (_next > 0 || _ending)
            _window.Fail(new RolledBackException(Specification.Name, news.Epoch, news.Attempt));
    }
}
