namespace CoKe.Client.Gateways;

/// <summary>
/// Ends what waits for an answer when a gateway is lost: whoever asked it learns nothing any more, and Orleans would let him wait for the
/// 30 s after which a call counts as lost.
/// </summary>
sealed class GatewayWatch : IClusterConnectionStatusObserver
{
    TaskCompletionSource _lost = New();

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
            NotifyClusterConnectionLost();
    }

    public void NotifyClusterConnectionLost() => Interlocked.Exchange(ref _lost, New()).TrySetResult();

    /// <summary>Asks, and waits for the answer until a gateway is lost.</summary>
    /// <exception cref="IOException">A gateway was lost; whether the call had an effect is unknown.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        var lost = Volatile.Read(ref _lost).Task;
        var answer = call();
        if (await Task.WhenAny(answer, lost) == answer)
            return await answer;
        answer.Ignore();
        throw new IOException("The connection to a gateway was lost; whether the call had an effect is unknown.");
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
