namespace CoKe.Learning.Tensors;

/// <summary>Runs work on a thread of its own: libtorch's dispose scopes are bound to the thread that opened them.</summary>
public static class TrainingThread
{
    /// <summary>Starts <paramref name="work"/>; the task carries its result or its exception.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Libtorch.Prepare();
                done.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            Name = "training",
            IsBackground = true,
        };
        thread.Start();
        return done.Task;
    }
}
