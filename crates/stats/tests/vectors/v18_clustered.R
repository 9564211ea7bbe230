# CR2 standard errors and Satterthwaite's degrees of freedom by clubSandwich.
suppressMessages({library(clubSandwich); library(jsonlite)})
set.seed(18)
cases <- list()
designs <- list(c(6,6,6,6,6,6,6,6), c(20,8,6,4,4,3,2,1), c(16,4,4,4,4,4,4), c(30,4,4,4,3,3), c(5,7), c(1,1,1,1,1,1,1), c(3,1,2))
for (sizes in designs) for (shape in c("normal","thirds")) {
  f <- rep(seq_along(sizes), sizes)
  d <- if (shape=="normal") round(rnorm(length(f),0.1,0.3)+rnorm(length(sizes),0,0.2)[f],6) else sample(-3:3,length(f),TRUE)/3
  d <- pmax(-1,pmin(1,d))
  m <- lm(d ~ 1)
  t <- coef_test(m, vcov="CR2", cluster=f, test="Satterthwaite")
  ci <- conf_int(m, vcov="CR2", cluster=f, test="Satterthwaite", level=.95)
  ci9 <- conf_int(m, vcov="CR2", cluster=f, test="Satterthwaite", level=.975)
  cases[[length(cases)+1]] <- list(sizes=sizes, d=d, estimate=unname(coef(m)), se=t$SE, df=t[["df_Satt"]] , p=t[["p_Satt"]],
    ci95=c(ci$CI_L,ci$CI_U), ci975=c(ci9$CI_L,ci9$CI_U))
}
power <- list()
for (df in c(1,2,3.47,5,11,39)) for (delta in c(0,1,2.5,4)) for (alpha in c(.05,.0125)) {
  tc <- qt(1-alpha/2, df)
  power[[length(power)+1]] <- list(df=df, delta=delta, alpha=alpha, power=suppressWarnings(pt(-tc,df,ncp=delta)+1-pt(tc,df,ncp=delta)))
}
out <- list(`_meta`=list(script="v18_clustered.R", versions=list(R=as.character(getRversion()), clubSandwich=as.character(packageVersion("clubSandwich"))), float_tol_abs=1e-9), cases=cases, power=power)
writeLines(toJSON(out, auto_unbox=TRUE, digits=16, pretty=TRUE), "v18_clustered.json")
