namespace CoKe.Learning.Training;

/// <summary>The learning rate of a step: it rises linearly from 0 during warm-up, then falls to 0 along half a cosine.</summary>
/// <param name="Peak">The learning rate after warm-up.</param>
/// <param name="WarmUpSteps">Steps of warm-up, 0 for none.</param>
/// <param name="TotalSteps">All steps of the run.</param>
public readonly record struct LearningRateSchedule(double Peak, int WarmUpSteps, int TotalSteps)
{
    /// <summary>The rate of step <paramref name="step"/>, from 0.</summary>
    public double At(int step) =>
        step < WarmUpSteps
            ? Peak * step / WarmUpSteps
            : Peak * 0.5 * (1 + Math.Cos(Math.PI * (step - WarmUpSteps) / Math.Max(1, TotalSteps - WarmUpSteps)));
}
